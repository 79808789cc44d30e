#include "../hooks/service.h"
