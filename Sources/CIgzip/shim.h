#ifndef GOALPOST_CIGZIP_SHIM_H
#define GOALPOST_CIGZIP_SHIM_H

#include <isa-l/igzip_lib.h>

#endif
