#include "common/text.h"
#include "hooks/service.h"
