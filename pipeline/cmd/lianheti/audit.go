package main

import (
	"slices"

	"lianheti/pipeline"
	"lianheti/stages/audit"

	"github.com/urfave/cli/v2"
)

func auditMoves(c *cli.Context) error {
	_, result, err := worked(c, pipeline.Audit)
	if err != nil {
		return err
	}
	if err := writeFiles(c, result.Files); err != nil {
		return err
	}
	return concluded(tell(c, result, "audit", audited{result}), len(result.Pays) > 0)
}

// audited is an audit as it is told: see messages/others.tmpl.
type audited struct{ *pipeline.Audited }

// Best are the moves that pay most, one a submission.
func (r audited) Best() []audit.Paying {
	const few = 10
	var out []audit.Paying
	for _, p := range r.Pays {
		if len(out) < few && !slices.ContainsFunc(out, func(x audit.Paying) bool { return x.Submission == p.Submission }) {
			out = append(out, p)
		}
	}
	return out
}
