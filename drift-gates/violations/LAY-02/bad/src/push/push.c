#include "hooks/services.h"
