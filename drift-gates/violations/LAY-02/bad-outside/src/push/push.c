#include "../../../hooks/service.h"
