package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/office/try"
	"lianheti/stages/rehearse"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Rehearsed is the outcome for one damaged copy: what should be noticed, and what was. Its JSON keys are public.
type Rehearsed struct {
	ID       string `json:"id"`
	What     string `json:"what"`     // how the copy was damaged
	Expected string `json:"expected"` // codes and place, or that no value changes
	Noticed  string `json:"noticed"`
	Code     string `json:"code,omitempty"`  // of the rejection or finding
	Place    string `json:"place,omitempty"` // sheet and cell
	Seen     bool   `json:"seen"`
	Error    string `json:"error,omitempty"` // why the copy could not be made
}

// Rehearse damages copies of a workbook, which must be acceptable, and reads each as a run would.
func Rehearse(ctx context.Context, d *templates.Definition, file string) (out []Rehearsed, err error) {
	defer try.Caught(&err)
	dir, err := os.MkdirTemp("", "lianheti-rehearse-")
	try.In("无法建立临时文件夹", err)
	defer os.RemoveAll(dir)
	sources := try.Get(intake.Discover([]string{file}))
	if len(sources) != 1 {
		return nil, fmt.Errorf("演练要一份工作簿，%s 不是", file)
	}
	was := intake.Read(d, sources[0])
	if was.File.Fate != model.Accepted {
		said := table.FileOf(d, table.RoleSubmission, was.File, "", 0, 0)
		return nil, fmt.Errorf("演练要一份好的工作簿，这一份不能受理：%s%s", said.Reason, said.Cure)
	}
	data, err := sources[0].Read()
	try.In("读不到 "+file, err)
	good := try.Get(readCopy(ctx, d, file))
	for _, damage := range rehearse.Damages(rehearse.Original{Definition: d, Data: data, Read: was}) {
		try.Do(ctx.Err())
		r := Rehearsed{ID: damage.ID, What: damage.What, Expected: describeWant(damage.Expected)}
		if damage.Err != nil {
			r.Error = damage.Err.Error()
			out = append(out, r)
			continue
		}
		path := filepath.Join(dir, damage.ID, damage.File)
		try.In("写不了演练用的文件", publish.WriteFile(path, damage.Data))
		r.compare(damage.Expected, good, try.Get(readCopy(ctx, d, path)))
		out = append(out, r)
	}
	return out, nil
}

type reading struct {
	files    []table.File
	findings []table.Finding
	values   []string
}

func readCopy(ctx context.Context, d *templates.Definition, file string) (_ *reading, err error) {
	defer try.Caught(&err)
	facts := try.Get(read(ctx, try.Get(intake.Discover([]string{file})), Options{Definition: d, Workers: 1},
		normalize.Workbook))[0]
	judgement := try.Get(check.Run(facts, check.Known{}))
	return &reading{slices.Collect(facts.Files.All()), slices.Collect(judgement.Findings.All()), listValues(facts)}, nil
}

// listValues lists every value that was read, without its place.
func listValues(f *table.Facts) (out []string) {
	for form := range f.Forms {
		for _, sheet := range f.Definition.Layout().Sheets {
			for _, slot := range sheet.Slots {
				r := slot.Ref()
				o := form.Observe(r)
				out = append(out, fmt.Sprint(r, o.Status, o.Value))
			}
			for _, list := range sheet.Records {
				for _, row := range form.Rows(list.Block.ID) {
					out = append(out, fmt.Sprint(row.Record, row.Cells))
				}
			}
		}
	}
	for x := range f.Contacts.All() {
		out = append(out, fmt.Sprint(x.Field, x.Text))
	}
	return out
}

func describeWant(w rehearse.Expectation) string {
	return strings.TrimSpace(table.Join("，",
		table.Either(len(w.Refused) > 0, "不予受理 "+strings.Join(w.Refused, " 或 "), ""),
		table.Either(len(w.Found) > 0, strings.Join(w.Found, " 或 ")+" "+w.Place.String(), ""),
		table.Either(w.Values, "数据不变", "")))
}

func (r *Rehearsed) compare(w rehearse.Expectation, good, bad *reading) {
	accepted := slices.ContainsFunc(bad.files, func(f table.File) bool { return f.Fate == model.Accepted })
	if i := slices.IndexFunc(bad.files, func(f table.File) bool { return f.Fate == model.Rejected }); i >= 0 {
		r.Code, r.Noticed = bad.files[i].Code, "不予受理："+bad.files[i].Reason
	}
	if len(w.Refused) > 0 {
		r.Seen = !accepted && slices.Contains(w.Refused, r.Code)
		if accepted {
			r.Noticed = "读成了好文件"
		}
		return
	}
	if !accepted {
		return
	}
	same := slices.Equal(good.values, bad.values)
	if r.Noticed = "数据不变"; !same {
		r.Noticed = "数据有变"
	}
	r.Seen = same || !w.Values
	if len(w.Found) == 0 {
		return
	}
	i := slices.IndexFunc(bad.findings,
		func(x table.Finding) bool { return slices.Contains(w.Found, x.Code) && marksPlace(x, w.Place) })
	if r.Seen = r.Seen && i >= 0; i >= 0 {
		x := bad.findings[i]
		r.Code, r.Place = x.Code, model.Place{Sheet: x.Sheet, Cell: x.Cell}.String()
		r.Noticed += "；" + x.Message
	}
}

// marksPlace reports whether a finding is at a place: a cell, a sheet if no cell is given, the file if no sheet is.
func marksPlace(x table.Finding, p model.Place) bool {
	return p.Sheet == "" || x.Sheet == p.Sheet &&
		(p.Cell == "" || slices.Contains(strings.Split(x.Places, "; "), p.Sheet+"!"+p.Cell))
}
