#ifndef GOALPOST_CDEFLATE_SHIM_H
#define GOALPOST_CDEFLATE_SHIM_H

#include <libdeflate.h>

#endif
