// SPDX-License-Identifier: Apache-2.0

#ifndef STITCH_WRONG_CLOCK_H
#define STITCH_WRONG_CLOCK_H

/// Makes the wall clock of this process wrong by the seconds that WRONG_CLOCK says; does nothing without.
///
/// On Linux with glibc only: what a program defines itself goes before what its libraries define.
void wrong_clock_begin(void);

#endif
