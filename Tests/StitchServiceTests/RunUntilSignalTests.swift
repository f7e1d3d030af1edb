// SPDX-License-Identifier: Apache-2.0

import StitchService
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Real signals, each in a process of its own, which tells by its exit code what it saw.
@Suite("Running services until the process is told to stop", .timeLimit(.minutes(1)))
struct RunUntilSignalTests {
    @Test("SIGTERM shuts the services down and the program goes on after them")
    func terminate() async {
        await #expect(processExitsWith: .exitCode(41)) {
            alarm(30)  // A process that never ends would never fail.
            let journal = Journal()
            async let signalled: Void = {
                await journal.wait(for: ["pool runs", "worker runs"])
                kill(getpid(), SIGTERM)
            }()
            try await runUntilSignal(FakeService("pool", journal), FakeService("worker", journal))
            await signalled
            let wanted = ["worker is shut down", "worker ended", "pool is shut down", "pool ended"]
            exit(journal.entries.suffix(4) == wanted ? 41 : 1)
        }
    }

    @Test("A second SIGINT cancels a service that does not stop")
    func interruptTwice() async {
        await #expect(processExitsWith: .exitCode(42)) {
            alarm(30)  // A process that never ends would never fail.
            let journal = Journal()
            async let signalled: Void = {
                await journal.wait(for: ["worker runs"])
                kill(getpid(), SIGINT)
                await journal.wait(for: ["worker is shut down"])
                kill(getpid(), SIGINT)
            }()
            try await runUntilSignal(FakeService("worker", journal, .stubborn))
            await signalled
            exit(journal.entries.last == "worker was cancelled" ? 42 : 1)
        }
    }

    @Test("Once the services have ended, a signal ends the process again")
    func signalAfterwards() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            alarm(30)  // A process that never ends would never fail.
            let journal = Journal()
            try? await runUntilSignal(FakeService("worker", journal, .short))
            kill(getpid(), SIGTERM)
            // Not reached by a process that the signal ends.
            await journal.wait(for: ["something that never happens"])
        }
    }
}
