#ifndef GOALPOST_CIGZIP_SHIM_H
#define GOALPOST_CIGZIP_SHIM_H

#include <isa-l/igzip_lib.h>

/// Bytes of a level buffer of level 1; Swift does not see the library's macro, which computes.
static const uint32_t goalpost_igzip_level_1_bytes = ISAL_DEF_LVL1_DEFAULT;

#endif
