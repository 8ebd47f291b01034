#include "agent_protocol.h"
#include "probe_abi.h"
