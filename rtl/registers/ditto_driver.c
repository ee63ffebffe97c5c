// See ditto_driver.h. The steps are those of tb/driver.py, access by access.

#include "ditto_driver.h"

#include <inttypes.h>
#include <stdio.h>

#define WORD_BYTES 4u
#define LAST_STEP 2u // of those that DEFO.step tells apart

#define TRY(call)                                                                                  \
    do {                                                                                           \
        ditto_result_t result_ = (call);                                                           \
        if (result_ != DITTO_OK)                                                                   \
            return result_;                                                                        \
    } while (0)

static ditto_result_t fail(ditto_t *ditto, ditto_result_t failure, uint32_t found,
                           uint32_t expected)
{
    ditto->failure = failure;
    ditto->found = found;
    ditto->expected = expected;
    return failure;
}

ditto_result_t ditto_read(ditto_t *ditto, uint32_t address, uint32_t *value)
{
    ditto_bus_t *bus = &ditto->bus;
    if (bus->registers)
        *value = ((volatile uint32_t *)bus->registers)[address / WORD_BYTES];
    else if (bus->read32(bus->context, address, value))
        return fail(ditto, DITTO_REFUSED, address, false);
    return DITTO_OK;
}

ditto_result_t ditto_write(ditto_t *ditto, uint32_t address, uint32_t value)
{
    ditto_bus_t *bus = &ditto->bus;
    if (bus->registers)
        ((volatile uint32_t *)bus->registers)[address / WORD_BYTES] = value;
    else if (bus->write32(bus->context, address, value))
        return fail(ditto, DITTO_REFUSED, address, true);
    return DITTO_OK;
}

ditto_result_t ditto_read64(ditto_t *ditto, uint32_t address, uint64_t *value)
{
    uint32_t low, high, before;
    TRY(ditto_read(ditto, address + WORD_BYTES, &high));
    do {
        before = high;
        TRY(ditto_read(ditto, address, &low));
        TRY(ditto_read(ditto, address + WORD_BYTES, &high));
    } while (high != before);
    *value = (uint64_t)high << 32 | low;
    return DITTO_OK;
}

ditto_result_t ditto_check(ditto_t *ditto)
{
    uint32_t found;
    TRY(ditto_read(ditto, DITTO_ADDRESS(ID), &found));
    if (found != DITTO_REGISTERS__ID__MAGIC_reset)
        return fail(ditto, DITTO_NO_ACCELERATOR, found, DITTO_REGISTERS__ID__MAGIC_reset);
    TRY(ditto_read(ditto, DITTO_ADDRESS(VERSION), &found));
    found >>= DITTO_REGISTERS__VERSION__MAJOR_bp;
    if (found != DITTO_REGISTERS__VERSION__MAJOR_reset)
        return fail(ditto, DITTO_OTHER_MAP, found, DITTO_REGISTERS__VERSION__MAJOR_reset);
    TRY(ditto_read(ditto, DITTO_ADDRESS(CONFIG_HASH), &found));
    if (found != ditto->machine.config_hash)
        return fail(ditto, DITTO_OTHER_MACHINE, found, ditto->machine.config_hash);
    return DITTO_OK;
}

ditto_result_t ditto_run(ditto_t *ditto, uint32_t base, uint32_t count, uint32_t pauses,
                         ditto_counters_t *counters)
{
    TRY(ditto_start(ditto, base, count, false));
    TRY(ditto_wait(ditto, pauses));
    return ditto_read_counters(ditto, counters);
}

ditto_result_t ditto_start(ditto_t *ditto, uint32_t base, uint32_t count, bool each_layer)
{
    uint32_t status;
    uint32_t causes = DITTO_REGISTERS__IRQ_ENABLE__DONE_bm | DITTO_REGISTERS__IRQ_ENABLE__ERROR_bm;
    if (each_layer)
        causes |= DITTO_REGISTERS__IRQ_ENABLE__LAYER_bm;
    if (base & (ditto->machine.bus_bytes - 1)) // a power of two
        return fail(ditto, DITTO_MISALIGNED, base, ditto->machine.bus_bytes);
    if (!count)
        return fail(ditto, DITTO_EMPTY, count, 1);
    TRY(ditto_read(ditto, DITTO_ADDRESS(STATUS), &status));
    if (status & DITTO_REGISTERS__STATUS__BUSY_bm)
        return fail(ditto, DITTO_BUSY, status, 0);
    TRY(ditto_acknowledge(ditto));
    TRY(ditto_write(ditto, DITTO_ADDRESS(IRQ_ENABLE), causes));
    TRY(ditto_write(ditto, DITTO_ADDRESS(QUEUE_BASE), base));
    TRY(ditto_write(ditto, DITTO_ADDRESS(QUEUE_COUNT), count));
    return ditto_write(ditto, DITTO_ADDRESS(CTRL), DITTO_REGISTERS__CTRL__START_bm);
}

static bool gives_up(ditto_t *ditto)
{
    return ditto->bus.pause && ditto->bus.pause(ditto->bus.context);
}

static ditto_result_t hangs(ditto_t *ditto)
{
    uint32_t done, count;
    TRY(ditto_read(ditto, DITTO_ADDRESS(QUEUE_DONE), &done));
    TRY(ditto_read(ditto, DITTO_ADDRESS(QUEUE_COUNT), &count));
    return fail(ditto, DITTO_HANGS, done, count);
}

ditto_result_t ditto_wait(ditto_t *ditto, uint32_t pauses)
{
    while (pauses--) {
        uint32_t status;
        TRY(ditto_read(ditto, DITTO_ADDRESS(STATUS), &status));
        if (status & DITTO_REGISTERS__STATUS__DONE_bm)
            return ditto_acknowledge(ditto);
        if (status & DITTO_REGISTERS__STATUS__ERROR_bm) {
            TRY(ditto_acknowledge(ditto));
            TRY(ditto_read_error(ditto, &ditto->error));
            return fail(ditto, DITTO_STOPPED, ditto->error.code, 0);
        }
        if (gives_up(ditto))
            break;
    }
    return hangs(ditto);
}

ditto_result_t ditto_wait_layer(ditto_t *ditto, uint32_t pauses, bool *told)
{
    while (pauses--) {
        uint32_t status, interrupts;
        TRY(ditto_read(ditto, DITTO_ADDRESS(STATUS), &status));
        TRY(ditto_read(ditto, DITTO_ADDRESS(IRQ_STATUS), &interrupts));
        *told = interrupts & DITTO_REGISTERS__IRQ_STATUS__LAYER_bm;
        if (*told)
            return ditto_write(ditto, DITTO_ADDRESS(IRQ_STATUS),
                               DITTO_REGISTERS__IRQ_STATUS__LAYER_bm);
        if (!(status & DITTO_REGISTERS__STATUS__BUSY_bm))
            return DITTO_OK;
        if (gives_up(ditto))
            break;
    }
    return hangs(ditto);
}

ditto_result_t ditto_abort(ditto_t *ditto)
{
    return ditto_write(ditto, DITTO_ADDRESS(CTRL), DITTO_REGISTERS__CTRL__ABORT_bm);
}

ditto_result_t ditto_acknowledge(ditto_t *ditto)
{
    uint32_t interrupts;
    TRY(ditto_read(ditto, DITTO_ADDRESS(IRQ_STATUS), &interrupts));
    return ditto_write(ditto, DITTO_ADDRESS(IRQ_STATUS), interrupts);
}

ditto_result_t ditto_read_error(ditto_t *ditto, ditto_error_t *error)
{
    TRY(ditto_read(ditto, DITTO_ADDRESS(ERROR_CODE), &error->code));
    TRY(ditto_read(ditto, DITTO_ADDRESS(ERROR_DESCRIPTOR), &error->descriptor));
    return ditto_read(ditto, DITTO_ADDRESS(ERROR_ADDRESS), &error->address);
}

static ditto_result_t read_counter(ditto_t *ditto, uint32_t address, uint32_t words,
                                   uint64_t *value)
{
    uint32_t word;
    if (words == 2)
        return ditto_read64(ditto, address, value);
    TRY(ditto_read(ditto, address, &word));
    *value = word;
    return DITTO_OK;
}

ditto_result_t ditto_read_counters(ditto_t *ditto, ditto_counters_t *counters)
{
#define READ(name, words) TRY(read_counter(ditto, DITTO_ADDRESS(name), words, &counters->name));
    DITTO_COUNTERS(READ)
#undef READ
    return DITTO_OK;
}

ditto_result_t ditto_set_step(ditto_t *ditto, uint32_t step, bool plus)
{
    uint32_t value = step < LAST_STEP ? step : LAST_STEP;
    if (plus)
        value |= DITTO_REGISTERS__DEFO__PLUS_bm;
    return ditto_write(ditto, DITTO_ADDRESS(DEFO), value);
}

ditto_result_t ditto_read_defo(ditto_t *ditto, uint32_t entry, ditto_defo_entry_t *found)
{
    TRY(ditto_write(ditto, DITTO_ADDRESS(DEFO_INDEX), entry));
    TRY(ditto_read(ditto, DITTO_ADDRESS(DEFO_FIRST), &found->first));
    TRY(ditto_read(ditto, DITTO_ADDRESS(DEFO_TEMPORAL), &found->temporal));
    return ditto_read(ditto, DITTO_ADDRESS(DEFO_MODE), &found->mode);
}

static const struct {
    uint32_t code;
    const char *name, *meaning;
} error_codes[] = {
#define NAMED(code, name, meaning) {code, name, meaning},
    DITTO_ERROR_CODES(NAMED)
#undef NAMED
};

static void explain_error(const ditto_error_t *error, char *text, size_t bytes)
{
    const char *name = "unknown", *meaning = "A code of a later version";
    for (size_t n = 0; n < sizeof error_codes / sizeof *error_codes; n++)
        if (error_codes[n].code == error->code) {
            name = error_codes[n].name;
            meaning = error_codes[n].meaning;
        }
    snprintf(text, bytes,
             "the accelerator stopped at descriptor %" PRIu32 ", address 0x%08" PRIx32
             ": %s (error %" PRIu32 ", %s)",
             error->descriptor, error->address, meaning, error->code, name);
}

const char *ditto_explain(const ditto_t *ditto, char *text, size_t bytes)
{
    const uint32_t found = ditto->found, expected = ditto->expected;
    switch (ditto->failure) {
    case DITTO_OK:
        snprintf(text, bytes, "nothing has failed");
        break;
    case DITTO_REFUSED:
        snprintf(text, bytes, "the bus refused to %s register 0x%03" PRIx32,
                 expected ? "write" : "read", found);
        break;
    case DITTO_NO_ACCELERATOR:
        snprintf(text, bytes,
                 "no accelerator answers: ID reads 0x%08" PRIx32 ", not 0x%08" PRIx32
                 "; check the base address of its registers",
                 found, expected);
        break;
    case DITTO_OTHER_MAP:
        snprintf(text, bytes,
                 "the accelerator has register map %" PRIu32 ", this driver is for %" PRIu32
                 ": generate the Verilog with the driver's version of dittosim",
                 found, expected);
        break;
    case DITTO_OTHER_MACHINE:
        snprintf(text, bytes,
                 "the accelerator was generated for configuration %08" PRIx32 ", not %08" PRIx32
                 ": give the configuration that it was generated for",
                 found, expected);
        break;
    case DITTO_MISALIGNED:
        snprintf(text, bytes,
                 "queue at 0x%" PRIx32 ": its address must be a multiple of %" PRIu32
                 " bytes (bus_bytes)",
                 found, expected);
        break;
    case DITTO_EMPTY:
        snprintf(text, bytes, "queue of 0 descriptors: give it at least one");
        break;
    case DITTO_BUSY:
        snprintf(text, bytes, "the accelerator is busy: wait for it, or abort");
        break;
    case DITTO_STOPPED:
        explain_error(&ditto->error, text, bytes);
        break;
    case DITTO_HANGS:
        snprintf(text, bytes,
                 "the accelerator did not come to its end: %" PRIu32 " of %" PRIu32
                 " descriptors done; abort it",
                 found, expected);
        break;
    }
    return text;
}
