package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"lianheti/stages/check"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/stages/wordform"
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
