#ifndef GOALPOST_CLIBPQ_SHIM_H
#define GOALPOST_CLIBPQ_SHIM_H

#include <libpq-fe.h>

#endif
