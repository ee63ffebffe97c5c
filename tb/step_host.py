"""The host of whole denoising steps: all that it does for a program, over any transport."""

from collections.abc import Mapping

import numpy as np

from golden.errors import DittosimError
from golden.step.program import Choosing, StepProgram
from tb.driver import PAUSES, Driver


class StepHost:
    """Loads a program once, then writes each step's few inputs, starts it and reads its output."""

    def __init__(self, driver: Driver, program: StepProgram) -> None:
        """Raises DittosimError if the program is for another machine than the driver's."""
        if program.config != driver.config:
            raise DittosimError(
                f"the program was compiled for configuration {program.config.digest()}, the driver "
                f"is for {driver.config.digest()}: compile it for the same one"
            )
        self.driver = driver
        self._program = program

    async def load(self, pauses: int = PAUSES) -> dict[str, int] | None:
        """Writes descriptors, weights, parameters and tables: once for all steps.

        Then the machine fills its scratchpad, if the program has constants there: its counters.
        DittosimError if it does not within ``pauses`` pauses of the transport.
        """
        await self.driver.check()
        program = self._program
        memory = program.memory[program.memory_base : program.constant_bytes]
        await self.driver.transport.write_memory(program.memory_base, memory.tobytes())
        if program.loading is None:
            return None
        return await self.driver.run(program.loading.base, program.loading.count, pauses)

    async def step(
        self,
        number: int,
        image: np.ndarray,
        static: Mapping[str, np.ndarray],
        pauses: int = PAUSES,
    ) -> tuple[np.ndarray, dict[str, int]]:
        """Predicted noise, float32 (1, height, width, channels), and the machine's counters.

        ``image`` and ``static`` as :meth:`golden.step.program.StepProgram.host_inputs` takes them;
        steps count from 0. DittosimError if the step before has not ended, or this one does not
        within ``pauses`` pauses of the transport.
        """
        program, driver = self._program, self.driver
        queue = program.queue_of(number)
        for address, data in program.host_inputs(queue, image, static):
            await driver.transport.write_memory(address, data)
        if isinstance(program.flow, Choosing):
            await driver.write("DEFO", program.flow.host_value(number))
        counters = await driver.run(program.queues[queue].base, program.queues[queue].count, pauses)
        address = program.queues[queue].addresses[program.output_name]
        data = await driver.transport.read_memory(address, program.output.size)
        return program.output_of(np.frombuffer(data, np.uint8)), counters
