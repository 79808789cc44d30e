#include <stdio.h>
#include "common/text.h"
