package table

import (
	"encoding/json"
	"fmt"
	"strings"

	"lianheti/stages/model"
	"lianheti/templates"
)

// notesOf writes the findings made while reading as rows. Places and variables are as many as there are, so each is one text of JSON.
func notesOf(d *templates.Definition, reading []model.Finding) []Note {
	out := make([]Note, len(reading))
	for i, x := range reading {
		out[i] = Note{Code: x.Code, Submission: x.Submission, Fields: strings.Join(x.Fields, " "),
			Year: Nonzero(x.Year), Member: x.Member, Raw: x.Raw, Value: x.Value,
			Places: inJSON(x.Places), Variables: inJSON(x.Vars)}
	}
	return out
}

// inJSON writes what can always be written: strings in slices and maps, keys in order.
func inJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("table: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// readingOf is the inverse of notesOf.
func readingOf(notes Table[Note]) ([]model.Finding, error) {
	var out []model.Finding
	for n := range notes.All() {
		x := model.Finding{Code: n.Code, Submission: n.Submission, Fields: strings.Fields(n.Fields), Year: int(n.Year.V), Member: n.Member, Raw: n.Raw, Value: n.Value}
		if err := json.Unmarshal([]byte(n.Places), &x.Places); err != nil || len(x.Places) == 0 {
			return nil, fmt.Errorf("表 file_notes 的 places “%s”读不成位置：%w", n.Places, err)
		}
		if err := json.Unmarshal([]byte(n.Variables), &x.Vars); err != nil {
			return nil, fmt.Errorf("表 file_notes 的 variables “%s”读不成变量：%w", n.Variables, err)
		}
		out = append(out, x)
	}
	return out, nil
}
