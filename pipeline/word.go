package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/wordform"
	"lianheti/templates"
)

// Printed is what came of printing the official form.
type Printed struct {
	Files []table.File // everything that arrived, with its fate
	Forms []PrintedForm
}

// PrintedForm is the official Word form of one submission.
type PrintedForm struct {
	Submission table.Submission
	Name       string // of the Word file
	Data       []byte // none where a text is too long
	CheckCode  string
	TooLong    []table.Finding // texts over their limit: the form is refused
	Unprinted  []table.Member  // members whose kind is none of the form's
}

// Word prints the official form of each submission, in memory, but for those with a text over its limit.
func Word(ctx context.Context, o Options) (*Printed, error) {
	sources, err := o.arrived()
	if err != nil {
		return nil, err
	}
	read, err := readAs(ctx, o.Definition, sources, o, normalize.Verbatim, normalize.Workbook)
	if err != nil {
		return nil, err
	}
	// What is printed is the filler's own words; what is said about them is what everybody may see.
	facts, seen := read[0], read[1]
	judgement, err := check.Run(seen, check.Known{Alone: true})
	if err != nil {
		return nil, err
	}
	codes := map[string]string{} // of the values that are published: what is hidden there is no part of it
	for s := range seen.Submissions.All() {
		codes[s.Submission] = s.CheckCode
	}
	contacts := contactsOf(facts)
	out := &Printed{Files: slices.Collect(seen.Files.All())}
	named := map[string]int{}
	for form := range facts.Forms {
		name := cmp.Or(form.Submission.Consortium, form.Submission.Submission)
		if named[name]++; named[name] > 1 { // two files of one consortium
			name = fmt.Sprintf("%s（%d）", name, named[name])
		}
		p := PrintedForm{Submission: form.Submission, Name: wordform.Name(o.Definition, name),
			CheckCode: codes[form.Submission.Submission], TooLong: tooLong(o, judgement, form.Submission.Submission)}
		p.Unprinted = slices.DeleteFunc(slices.Clone(form.Members), func(m table.Member) bool { return m.Kind != "" })
		if len(p.TooLong) == 0 {
			var b bytes.Buffer
			if err := wordform.Write(&b, o.Definition, form, contacts[form.Submission.Submission], p.CheckCode); err != nil {
				return nil, fmt.Errorf("%s：%w", form.Submission.File, err)
			}
			p.Data = b.Bytes()
		}
		out.Forms = append(out.Forms, p)
	}
	return out, ctx.Err()
}

func contactsOf(facts *table.Facts) map[string]map[string]string {
	out := map[string]map[string]string{}
	for c := range facts.Contacts.All() {
		table.In(out, c.Submission)[c.Field] = c.Text
	}
	return out
}

func tooLong(o Options, judgement *table.Judgement, submission string) []table.Finding {
	return table.Where(judgement.Findings.All(), func(f table.Finding) bool {
		field := o.Definition.Field(f.Fields)
		return f.Submission == submission && o.Definition.Rule(f.Code).Check == "length" && field != nil && !field.Extra
	})
}

// Refused says whether a file or a submission got no Word form, or not a whole one.
func (p *Printed) Refused() bool {
	return slices.ContainsFunc(p.Files, func(f table.File) bool { return f.Fate == model.Rejected }) ||
		slices.ContainsFunc(p.Forms, func(f PrintedForm) bool { return f.Data == nil || len(f.Unprinted) > 0 })
}

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
