package table

import (
	"strings"

	"lianheti/stages/model"
)

// At gives all the places of a finding, the first first.
func (x Finding) At() []model.Place {
	var out []model.Place
	for s := range strings.SplitSeq(x.Places, "; ") {
		parts := strings.Split(s, "!")
		p := model.Place{File: x.File}
		switch len(parts) {
		case 1:
			if s != x.File && x.Sheet != "" {
				p.Sheet = s
			} else {
				p.File = s
			}
		case 2:
			p.Sheet, p.Cell = parts[0], parts[1]
		default: // of another file
			p.File, p.Sheet, p.Cell = strings.Join(parts[:len(parts)-2], "!"), parts[len(parts)-2], parts[len(parts)-1]
		}
		out = append(out, p)
	}
	return out
}
