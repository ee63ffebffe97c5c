// Drives an accelerator that dittosim generated; C99 or later, and C++. docs/howto/drive-from-c.md tells how.

#ifndef DITTO_DRIVER_H
#define DITTO_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ditto_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

// What functions return.
typedef enum {
    DITTO_OK,
    DITTO_REFUSED,        // the bus refused an access
    DITTO_NO_ACCELERATOR, // something else answers where the registers should be
    DITTO_OTHER_MAP,      // an accelerator whose registers are others
    DITTO_OTHER_MACHINE,  // an accelerator of another configuration
    DITTO_MISALIGNED,     // the queue's address is no multiple of bus_bytes
    DITTO_EMPTY,          // a queue without descriptors
    DITTO_BUSY,           // another queue runs
    DITTO_STOPPED,        // the hardware stopped at an error
    DITTO_HANGS           // the end did not come within the pauses
} ditto_result_t;

// The machine that is to answer: DITTO_MACHINE of ditto_machine.h is the generated one.
typedef struct {
    uint32_t config_hash;
    uint32_t bus_bytes;
} ditto_machine_t;

// How the registers are reached. Functions return 0, or anything else if the bus refuses.
typedef struct {
    volatile void *registers; // where they are mapped; NULL: the functions reach them
    int (*read32)(void *context, uint32_t address, uint32_t *value);
    int (*write32)(void *context, uint32_t address, uint32_t value);
    // Returns at the interrupt or after some time, 0 to look again, anything else to give up.
    // NULL: looks again at once.
    int (*pause)(void *context);
    void *context;
} ditto_bus_t;

// What the error registers hold; code 0 if there was no error.
typedef struct {
    uint32_t code;       // DITTO_ERROR_CODE__...
    uint32_t descriptor; // from 0 on, as they run
    uint32_t address;
} ditto_error_t;

// What the Defo Unit measured and decided for a layer.
typedef struct {
    uint32_t first;    // count of step 0, in ACT
    uint32_t temporal; // count of step 1, in TEMPORAL
    uint32_t mode;     // of the steps behind them: 0 ACT, 1 TEMPORAL, 2 SPATIAL
} ditto_defo_entry_t;

// Every register that counts, by its name.
typedef struct {
#define DITTO_COUNTER(name, words) uint64_t name;
    DITTO_COUNTERS(DITTO_COUNTER)
#undef DITTO_COUNTER
} ditto_counters_t;

// An accelerator. Fill in bus and machine, leave the rest 0.
typedef struct {
    ditto_bus_t bus;
    ditto_machine_t machine;
    // The last failure, for ditto_explain:
    ditto_result_t failure;
    uint32_t found;
    uint32_t expected;
    ditto_error_t error;
} ditto_t;

#define DITTO_PAUSES 1000000u // within which a queue usually ends
#define DITTO_TEXT_BYTES 256u // hold any explanation

// Is what answers the machine that it should be?
ditto_result_t ditto_check(ditto_t *ditto);

// Runs the queue of count descriptors at byte address base, reads the counters. The end must come
// within that many pauses.
ditto_result_t ditto_run(ditto_t *ditto, uint32_t base, uint32_t count, uint32_t pauses,
                         ditto_counters_t *counters);

// Starts a queue. What it reads must be in memory by then, not in a cache of the processor. With
// each_layer the interrupt also tells the end of layers whose descriptors have the interrupt flag.
ditto_result_t ditto_start(ditto_t *ditto, uint32_t base, uint32_t count, bool each_layer);

// Waits for the end of the queue and acknowledges the interrupt.
ditto_result_t ditto_wait(ditto_t *ditto, uint32_t pauses);

// Waits for the end of a layer with the interrupt flag: told is true. Or the queue came to its end
// first: told is false, and ditto_wait says which end. Layers that end before this one is
// acknowledged are not told again; QUEUE_DONE says how far the queue is.
ditto_result_t ditto_wait_layer(ditto_t *ditto, uint32_t pauses, bool *told);

// Stops a running queue; ditto_wait then returns DITTO_STOPPED, the error being "aborted".
ditto_result_t ditto_abort(ditto_t *ditto);

// Clears all interrupts that are set.
ditto_result_t ditto_acknowledge(ditto_t *ditto);

ditto_result_t ditto_read_error(ditto_t *ditto, ditto_error_t *error);
ditto_result_t ditto_read_counters(ditto_t *ditto, ditto_counters_t *counters);

// Says which step of a sampling run comes, from 0 on, to programs of flow defo, or defo+ (plus).
ditto_result_t ditto_set_step(ditto_t *ditto, uint32_t step, bool plus);

// An entry of the Defo table, while no queue runs.
ditto_result_t ditto_read_defo(ditto_t *ditto, uint32_t entry, ditto_defo_entry_t *found);

// The last failure in one line, in text of so many bytes (DITTO_TEXT_BYTES are enough).
const char *ditto_explain(const ditto_t *ditto, char *text, size_t bytes);

// Any register: ditto_read(ditto, DITTO_ADDRESS(QUEUE_DONE), &done). Those of two words are read
// whole even while they count.
#define DITTO_ADDRESS(name) ((uint32_t)offsetof(ditto_registers_t, name))
ditto_result_t ditto_read(ditto_t *ditto, uint32_t address, uint32_t *value);
ditto_result_t ditto_read64(ditto_t *ditto, uint32_t address, uint64_t *value);
ditto_result_t ditto_write(ditto_t *ditto, uint32_t address, uint32_t value);

#ifdef __cplusplus
}
#endif

#endif
