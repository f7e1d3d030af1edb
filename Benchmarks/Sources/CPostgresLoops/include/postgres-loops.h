// What bare C does with libpq: the twins of what the benchmarks of the group `postgres` measure. Each function runs its
// loop on a thread of its own, as Swift's threads are.
#ifndef STITCH_POSTGRES_LOOPS_H
#define STITCH_POSTGRES_LOOPS_H

/// Runs a prepared `SELECT $1::bigint` so often, one after the other.
///
/// Returns NULL, or what went wrong, which is static; `seconds` is the time of the loop.
const char *postgres_loop_round_trips(const char *url, long count, double *seconds);

/// Runs a prepared statement without parameters so often, and reads the first byte of each value of its answer.
const char *postgres_loop_read(const char *url, const char *sql, long count, double *seconds);

/// Writes rows of a bigint, an integer and a bytea of 100 bytes by one COPY in binary form.
const char *postgres_loop_copy(const char *url, const char *sql, long rows, double *seconds);

#endif
