#include "../hooks/store.h"
