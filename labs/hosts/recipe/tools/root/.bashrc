PS1='\[\e[1;33m\]\u@\h\[\e[0m\]:\w# '
alias ip='ip -color=auto'
