package table

import (
	"fmt"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Round is all that one run knows of a batch: what the next run is compared with.
type Round struct {
	Facts     *Facts
	Judgement *Judgement
	Ranking   *Ranking
}

// Restore makes a round of tables that were published, by name. What is not published (contacts, findings made while
// reading) is not there, and texts are as published: masked. An error names the table that is missing or of another make.
func Restore(mem memory.Allocator, d *templates.Definition, records map[string]arrow.Record) (*Round, error) {
	r := &Round{Facts: &Facts{Definition: d}, Judgement: &Judgement{}, Ranking: &Ranking{}}
	f, j, k := r.Facts, r.Judgement, r.Ranking
	for _, step := range []error{
		restore(records, "files", &f.Files), restore(records, "submissions", &f.Submissions), restore(records, "figures", &f.Figures),
		restore(records, "metrics", &f.Metrics), restore(records, "texts", &f.Texts), restore(records, "members", &f.Members),
		restore(records, "materials", &f.Materials), restore(records, "verifications", &f.Verifications),
		restore(records, "explanations", &f.Explanations), restore(records, "coercions", &f.Coercions), restore(records, "loose_cells", &f.Loose),
		restore(records, "findings", &j.Findings), restore(records, "outcomes", &j.Outcomes), restore(records, "submissions", &j.Verdicts),
		restore(records, "scores", &k.Scores), restore(records, "ranking", &k.Ranking),
	} {
		if step != nil {
			return nil, step
		}
	}
	f.Contacts = Of[Contact](mem, nil)
	return r, nil
}

func restore[T any](records map[string]arrow.Record, name string, to *Table[T]) error {
	rec, ok := records[name]
	if !ok {
		return fmt.Errorf("缺数据表 %s", name)
	}
	var err error
	if *to, err = FromRecord[T](rec); err != nil {
		return fmt.Errorf("数据表 %s：%w", name, err)
	}
	return nil
}
