// SPDX-License-Identifier: Apache-2.0

// What Swift can't say by itself, or not without a cost at each use: thread-local state, forks, the processor that a thread
// runs on, and a lock that is fair to threads rather than to priorities.

#ifndef STITCH_PLATFORM_H
#define STITCH_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

/// The state of one thread's random number generator. It lives as long as the thread, which alone may touch it.
typedef struct {
    uint64_t words[4];
    /// The fork epoch in which it was seeded; 0 before it ever was.
    uint32_t epoch;
} stitch_random_state;

/// This thread's state. The pointer must not be given to another thread, nor kept across a suspension.
stitch_random_state *stitch_thread_random_state(void);

/// How often this process has come out of a fork, from 1: what was seeded in another epoch is shared with the parent.
uint32_t stitch_fork_epoch(void);

/// The processor that the thread runs on just now, from 0; 0 where the system doesn't tell.
uint32_t stitch_current_processor(void);

#endif
