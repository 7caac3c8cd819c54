// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/layers_option.h"
#include "applets/applet.h"

enum whiteouts layers_option(const char *value, unsigned int inputs)
{
	if (!value || !strcmp(value, "apply"))
		return WHITEOUTS_APPLY;
	if (!strcmp(value, "keep"))
		return WHITEOUTS_KEEP;
	if (strcmp(value, "overlay"))
		options_refuse("--whiteouts", "\"%s\" is not apply, overlay or keep", value);
	if (inputs > 1)
		options_refuse("--whiteouts", "overlay takes one input");
	return WHITEOUTS_OVERLAY;
}
