#include "ports/cluster.h"
