package pipeline

import (
	"bytes"
	"cmp"
	"fmt"

	"lianheti/stages/blankform"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/wordform"
	"lianheti/templates"
)

// Transcribed is a Word form brought into the Excel template.
type Transcribed struct {
	File     table.File // with its fate: a file that can't be used has no workbook
	Name     string     // of the workbook
	Workbook []byte
	Values   int                 // values that found their place
	Unplaced []wordform.Unplaced // what did not
	Doubtful []TranscribedValue  // what was read otherwise than written, or not understood
}

// TranscribedValue is a value that a person should look at.
type TranscribedValue struct {
	Name, Wrote, Read string // Read is empty where it could not be read and went in as written
}

// FromWord fills the Excel template from a filled Word form, in memory, and lists what found no place.
func FromWord(d *templates.Definition, path string) (*Transcribed, error) {
	w, form := readWord(d, intake.At(path))
	batch := normalize.NewBatch(d)
	batch.Add(normalize.Verbatim(d, w))
	facts := batch.Facts()
	out := &Transcribed{File: facts.Files.Row(0), Unplaced: form.Unplaced}
	if w.File.Fate != model.Accepted {
		return out, nil
	}
	contacts := contactsOf(facts)
	for form := range facts.Forms {
		values := blankform.ValuesOf(d, form, contacts[form.Submission.Submission])
		var b bytes.Buffer
		if err := blankform.Fill(&b, d, values); err != nil {
			return nil, fmt.Errorf("填写模板：%w", err)
		}
		name := cmp.Or(form.Submission.Consortium, w.File.Path)
		out.Name, out.Workbook = text.FileName(name)+".xlsx", b.Bytes()
		out.Values = len(values.Fields) + len(values.Records["members"])
		out.Doubtful = doubtful(d, form)
	}
	return out, nil
}

// readWord reads the Word form. Whatever it makes the program do, the answer is a refusal.
func readWord(d *templates.Definition, s intake.Source) (w model.Workbook, form wordform.Filled) {
	defer func() {
		if recover() != nil {
			w, form = model.Workbook{File: model.File{Path: s.Path, Fate: model.Rejected, Code: intake.CodeDefeats}},
				wordform.Filled{}
		}
	}()
	w.File = intake.Word(s, func(main []byte, footers [][]byte) (foreign string, err error) {
		read, err := wordform.Read(d, s.Path, main, footers...)
		if err == nil {
			form, foreign = *read, read.Foreign
		}
		return foreign, err
	})
	if w.File.Fate != model.Accepted {
		return w, form
	}
	w.Form, w.Entries, w.CellsRead = model.FormID{ID: d.Form.ID, Year: d.Year, Version: d.Form.Version}, form.Entries,
		form.CellsRead
	return w, form
}

// doubtful lists what reading changed by a guess, and what it could not read.
func doubtful(d *templates.Definition, form *table.Form) []TranscribedValue {
	var out []TranscribedValue
	for _, c := range form.Coercions {
		if !c.Guess {
			continue
		}
		r, read := templates.Ref{Field: c.Field, Year: int(c.Year.V)}, c.To
		switch o := form.Observe(r); o.Status { // what came of it in the end
		case table.Normal:
			read = o.Value
		case table.NotApplicable:
			read = d.Form.NotApplicable
		}
		out = append(out, TranscribedValue{d.Name(r), c.From, read})
	}
	for _, slot := range d.Layout().Slots() {
		r := templates.Ref{Field: slot.Field.ID, Year: slot.Year}
		if o := form.Observe(r); o.Status == table.Invalid && !slot.Field.Personal {
			out = append(out, TranscribedValue{d.Name(r), o.Raw, ""})
		}
	}
	return out
}
