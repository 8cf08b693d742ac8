#ifndef GOALPOST_CZSTD_SHIM_H
#define GOALPOST_CZSTD_SHIM_H

/* Opens ZSTD_compressSequences, frame header parsing and raw-content dictionaries. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#endif
