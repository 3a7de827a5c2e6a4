# `make help`: targets with a `## comment`, under their `##@` heading.
BEGIN { FS = ":.*## "; print "Usage: make TARGET [NAME=value]" }
/^##@ / { printf "\n%s\n", substr($0, 5); next }
/^[a-z-]+:.*## / { printf "  %-10s %s\n", $1, $2 }
