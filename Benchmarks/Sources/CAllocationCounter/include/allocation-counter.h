// SPDX-License-Identifier: Apache-2.0

#ifndef STITCH_ALLOCATION_COUNTER_H
#define STITCH_ALLOCATION_COUNTER_H

#include <stdint.h>

/// Counts the calls that ask for memory, of every thread of the process, from now on.
void stitch_allocations_start(void);

/// Ends the count.
///
/// - Returns: How many calls there were since the start.
uint64_t stitch_allocations_stop(void);

#endif
