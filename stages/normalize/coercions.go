package normalize

import (
	"regexp"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"

	"github.com/shopspring/decimal"
)

// Reading is a cell read as what a field asks for, with the changes on the way.
type Reading struct {
	Status    table.Status
	Value     string                     // a text, a date in ISO notation, an option, true or false
	Number    table.Opt[decimal.Decimal] // exact, in the field's unit; percentages are 0–100; of persons how many
	typed     string                     // a text before anything was hidden in it
	Coercions []table.Coercion           // so far kind, from and to; the kinds are the routes of reading.yaml
}

func (r *Reading) float() table.Opt[float64] {
	return table.Opt[float64]{V: r.Number.V.InexactFloat64(), Valid: r.Number.Valid}
}

// note records a change, if it is one, and gives what is read on.
func (r *Reading) note(kind, from, to string) string {
	if from != to {
		r.add(kind, from, to)
	}
	return to
}

func (r *Reading) add(kind string, from, to string) {
	r.Coercions = append(r.Coercions, table.Coercion{Kind: kind, From: from, To: to})
}

func (r *Reading) struck(c model.Cell) {
	switch c.Struck {
	case "":
	case c.Raw:
		r.add("struck_out", c.Raw, c.Raw)
	default:
		r.add("struck", c.Struck, "")
	}
}

// errorText is an error value that was pasted as text.
var errorText = regexp.MustCompile(`^#(?:N/A|DIV/0!|[A-Z_]+[!?])$`)

// begin is where reading any cell begins: what there is to read, or why there is nothing.
func begin(c model.Cell) *Reading {
	r := &Reading{Status: table.Normal}
	switch why := cause(c); {
	case why != "":
		r.Status = table.Invalid
		r.add(why, c.Shown, c.Raw)
	case !c.Filled:
		r.Status = table.Missing
	case c.Formula != "":
		r.add("formula", "=", c.Raw)
	}
	return r
}

// cause is why nothing can be read from a cell, whatever it is asked for; empty where something may be.
func cause(c model.Cell) string {
	switch {
	case c.Merged != "":
		return "merged"
	case c.Kind == model.Error, c.Kind == model.Text && errorText.MatchString(strings.TrimSpace(c.Raw)):
		return "error_value"
	case c.Kind == model.Uncomputed:
		return "uncomputed"
	case c.Kind == model.Picture:
		return "picture"
	case trim(c.Shown) == "" && trim(c.Raw) != "": // its format hides it
		return "shown_otherwise"
	}
	return ""
}
