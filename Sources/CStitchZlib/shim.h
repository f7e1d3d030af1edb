// zlib's API as Swift can see it: a wrapper for what is a macro, with the ownership rule beside it.
#ifndef CSTITCH_ZLIB_SHIM_H
#define CSTITCH_ZLIB_SHIM_H

#include <zlib.h>

// Begins a stream in the format of gzip. On Z_OK the stream holds memory that deflateEnd gives back; the stream must
// not be moved until then.
static inline int cstitch_gzip_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
