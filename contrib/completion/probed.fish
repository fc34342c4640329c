# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for probed, which knows the candidates itself.
function __probed_complete
	set -l words (commandline -opc)
	set -l word (commandline -ct)
	for line in ($words[1] --complete $words[2..-1] "$word" 2>/dev/null)
		switch $line
			case :files
				__fish_complete_path "$word"
			case :dirs
				__fish_complete_directories "$word"
			case '*'
				echo $line
		end
	end
end

complete -c probed -f -a '(__probed_complete)'
