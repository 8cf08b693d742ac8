#ifndef GOALPOST_CLMDB_SHIM_H
#define GOALPOST_CLMDB_SHIM_H

#include <lmdb.h>

#endif
