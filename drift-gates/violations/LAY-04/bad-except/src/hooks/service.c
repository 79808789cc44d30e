#include "hooks/service.h"
#include "hooks/store.h"
#include "ports/cluster.h"
