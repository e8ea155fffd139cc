# A lab host's shell. The prompt names the host: several terminals look alike otherwise.
PS1='\[\e[1;36m\]\u@\h\[\e[0m\]:\w# '
alias ls='ls --color=auto'
alias ip='ip -color=auto'
HISTCONTROL=ignoredups
shopt -s checkwinsize
[ -r /usr/share/bash-completion/bash_completion ] && . /usr/share/bash-completion/bash_completion
