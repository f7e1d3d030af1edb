// SPDX-License-Identifier: Apache-2.0

#include "allocation-counter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

// Outside of a count an allocation costs one load more than it would, so that times stay what they are.
static _Atomic(bool) isCounting;
static _Atomic(uint64_t) allocations;

static void count(void) {
    if (atomic_load_explicit(&isCounting, memory_order_relaxed)) {
        atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    }
}

#if defined(__APPLE__)

// The system's allocator calls this, if it is set, for whatever it gives and takes back; the heap tools use it.
typedef void logger(uint32_t type, uintptr_t, uintptr_t, uintptr_t, uintptr_t result, uint32_t frames);
extern logger *malloc_logger;

static void notice(
    uint32_t type, uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t result, uint32_t frames) {
    const uint32_t gives = 2;
    if (type & gives) count();
}

static void watch(bool isWatching) { malloc_logger = isWatching ? notice : NULL; }

#else

// The program's own definitions come before those of glibc for every library that it loads, the Swift runtime included,
// and pass the call on under glibc's second names. What they return is freed by glibc's `free`, which stays as it is.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    // Glibc checks more; whoever calls this here is the Swift runtime, with powers of two.
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    count();
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

static void watch(bool isWatching) { (void)isWatching; }

#endif

void stitch_allocations_start(void) {
    atomic_store(&allocations, 0);
    watch(true);
    atomic_store(&isCounting, true);
}

uint64_t stitch_allocations_stop(void) {
    atomic_store(&isCounting, false);
    watch(false);
    return atomic_load(&allocations);
}
