// SQLite's API as Swift can see it: wrappers for what are macros, with the ownership rule beside each.
#ifndef CSTITCH_SQLITE_SHIM_H
#define CSTITCH_SQLITE_SHIM_H

#include <sqlite3.h>

// Binds bytes that stay where they are until the statement is reset or bound anew: SQLite neither copies nor frees them.
static inline int cstitch_sqlite_bind_static_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_STATIC);
}

// Binds a text of which SQLite makes a copy of its own.
static inline int cstitch_sqlite_bind_text_copy(sqlite3_stmt *statement, int index, const char *text, int count) {
    return sqlite3_bind_text(statement, index, text, count, SQLITE_TRANSIENT);
}

#endif
