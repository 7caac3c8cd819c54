# SPDX-License-Identifier: GPL-2.0-only
# What each module and library takes of the program, from the linker's map.
# awk -f tests/size.awk build/cfs.map
function group(path)
{
	sub(/^build\/((san|oom)\/)?/, "", path)
	if (path ~ /\.a\(/) {
		sub(/\(.*/, "", path)
		sub(/.*\//, "", path)
		return path
	}
	if (path ~ /^zstd\//)
		return "zstd"
	sub(/\.o$/, "", path)
	if (path ~ /^applets\/[^\/]*\//)
		sub(/\/[^\/]*$/, "", path)
	return path ~ /^(applets|format)\// ? path : "start files, cfs.c, table"
}
/^Linker script and memory map/ { on = 1 }
!on { next }
NF == 1 && /^ [.]/ { last = $1 }
{
	# "[section] address size file", the section on a line of its own if it is long
	for (i = 1; i < NF - 1; i++)
		if ($i ~ /^0x/ && $(i + 1) ~ /^0x/)
			break
	if (i >= NF - 1 || $i ~ /^0x0+$/ || $(i + 1) == "0x0" || $NF !~ /\.(o|a\(.*\))$/)
		next
	section = i > 1 ? $1 : last
	if (section ~ /^[.](text|rodata|data|init|fini|eh_frame|tdata)/) {
		size = 0
		hex = substr($(i + 1), 3)
		for (k = 1; k <= length(hex); k++)
			size = size * 16 + index("0123456789abcdef", substr(hex, k, 1)) - 1
		name = group($NF)
		bytes[name] += size
		layer = name
		if (sub(/\/[^\/]*$/, "", layer))
			sum[layer] += size
		total += size
	}
}
END {
	for (name in bytes)
		printf "%8d  %s\n", bytes[name], name | "sort -k2"
	close("sort -k2")
	for (layer in sum)
		printf "%8d  in %s/\n", sum[layer], layer | "sort -k2"
	close("sort -k2")
	printf "%8d  all\n", total
}
