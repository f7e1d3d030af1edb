#include "postgres-loops.h"

#include <arpa/inet.h>
#include <endian.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

typedef struct {
    const char *url, *sql;
    long count;
    double *seconds;
    const char *(*body)(PGconn *, const char *sql, long count);
    const char *failure;
} job;

static volatile uint64_t sink;

static void *run(void *argument) {
    job *job = argument;
    PGconn *connection = PQconnectdb(job->url);
    if (PQstatus(connection) != CONNECTION_OK) {
        job->failure = "no connection";
    } else {
        double begin = now();
        job->failure = job->body(connection, job->sql, job->count);
        *job->seconds = now() - begin;
    }
    PQfinish(connection);
    return NULL;
}

static const char *on_thread(job *job) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, job) != 0) return "no thread";
    pthread_join(thread, NULL);
    return job->failure;
}

static const char *prepare(PGconn *connection, const char *sql) {
    PGresult *result = PQprepare(connection, "loop", sql, 0, NULL);
    const char *failure = PQresultStatus(result) == PGRES_COMMAND_OK ? NULL : "not prepared";
    PQclear(result);
    return failure;
}

static const char *round_trips(PGconn *connection, const char *sql, long count) {
    const char *failure = prepare(connection, sql);
    if (failure) return failure;
    for (long index = 0; index < count; index++) {
        uint64_t number = htobe64((uint64_t)index);
        const char *values[] = {(const char *)&number};
        const int lengths[] = {8}, formats[] = {1};
        PGresult *result = PQexecPrepared(connection, "loop", 1, values, lengths, formats, 1);
        if (PQntuples(result) != 1) return "no row";
        sink += (uint64_t)PQgetvalue(result, 0, 0)[7];
        PQclear(result);
    }
    return NULL;
}

static const char *read_all(PGconn *connection, const char *sql, long count) {
    const char *failure = prepare(connection, sql);
    if (failure) return failure;
    for (long index = 0; index < count; index++) {
        PGresult *result = PQexecPrepared(connection, "loop", 0, NULL, NULL, NULL, 1);
        if (PQresultStatus(result) != PGRES_TUPLES_OK) return "no rows";
        int rows = PQntuples(result), columns = PQnfields(result);
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                if (PQgetlength(result, row, column) > 0) sink += (uint64_t)PQgetvalue(result, row, column)[0];
        PQclear(result);
    }
    return NULL;
}

static char *put(char *to, const void *bytes, uint32_t length) {
    uint32_t big = htonl(length);
    memcpy(to, &big, 4);
    memcpy(to + 4, bytes, length);
    return to + 4 + length;
}

static const char *copy(PGconn *connection, const char *sql, long rows) {
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN) return "no COPY";
    PQclear(result);
    enum { size = 1 << 16 };
    char *block = malloc(size + 256), *end = block;
    memcpy(end, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    end += 19;
    char payload[100];
    memset(payload, 7, sizeof payload);
    for (long row = 0; row < rows; row++) {
        uint16_t columns = htons(3);
        memcpy(end, &columns, 2);
        uint64_t id = htobe64((uint64_t)row);
        uint32_t kind = htonl((uint32_t)(row % 7));
        end = put(put(put(end + 2, &id, 8), &kind, 4), payload, sizeof payload);
        if (end - block >= size) {
            if (PQputCopyData(connection, block, (int)(end - block)) != 1) return "COPY refused";
            end = block;
        }
    }
    memcpy(end, "\377\377", 2);
    end += 2;
    if (PQputCopyData(connection, block, (int)(end - block)) != 1 || PQputCopyEnd(connection, NULL) != 1)
        return "COPY refused";
    free(block);
    result = PQgetResult(connection);
    const char *failure = PQresultStatus(result) == PGRES_COMMAND_OK ? NULL : "COPY failed";
    PQclear(result);
    return failure;
}

const char *postgres_loop_round_trips(const char *url, long count, double *seconds) {
    job job = {url, "SELECT $1::bigint", count, seconds, round_trips, NULL};
    return on_thread(&job);
}

const char *postgres_loop_read(const char *url, const char *sql, long count, double *seconds) {
    job job = {url, sql, count, seconds, read_all, NULL};
    return on_thread(&job);
}

const char *postgres_loop_copy(const char *url, const char *sql, long rows, double *seconds) {
    job job = {url, sql, rows, seconds, copy, NULL};
    return on_thread(&job);
}
