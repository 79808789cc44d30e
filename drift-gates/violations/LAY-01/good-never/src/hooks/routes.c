#include "codes.gen.def"
#include "hooks/service.h"
// #include "ports/cluster.h"
