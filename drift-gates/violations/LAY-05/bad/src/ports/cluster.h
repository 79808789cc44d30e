#include "hooks/service.h"
