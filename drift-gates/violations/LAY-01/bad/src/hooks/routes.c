#include "codes.gen.def"
#include "hooks/service.h"
