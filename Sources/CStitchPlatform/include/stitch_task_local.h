// SPDX-License-Identifier: Apache-2.0

#ifndef STITCH_TASK_LOCAL_H
#define STITCH_TASK_LOCAL_H

// Of the Swift runtime, as `TaskLocal` calls them: for who knows what that looks up at each call.

/// Binds a value of a task-local in the current task, until it is popped.
///
/// `key` is the `TaskLocal`, which outlives the binding; `value` is what is bound, of type `value_type`, whose ownership
/// goes over: the memory is taken out of, and not initialised afterwards.
void swift_task_localValuePush(const void *key, void *value, const void *value_type) __attribute__((swiftcall));

/// Where the value is that a task-local has in the current task, or in this thread outside of one; NULL where nothing is
/// bound. The binding keeps it, for as long as it lasts.
const void *swift_task_localValueGet(const void *key) __attribute__((swiftcall));

/// Ends the binding that began last in the current task, and releases its value.
void swift_task_localValuePop(void) __attribute__((swiftcall));

#endif
