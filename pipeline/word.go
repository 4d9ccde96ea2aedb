package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/office/pdf"
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

// A recommendation comes as paper, Word, stamped PDF and workbook, with one content. A Word form is held against the
// workbook value by value; of a PDF the check code is searched for; a scan shows none, and the register takes the one
// typed off the paper. None of them is a submission: their cells are not counted, and nothing is taken over.

// piece is a Word or PDF file that is a recommendation.
type piece struct {
	kind  string
	code  string
	form  *table.Form // of a Word form
	names []string    // consortia that it names: its cover's, or those of the directory
	title []string    // the one that its file name names; none: it names none, or several
}

// pieceOf says whether a file that is no workbook is a recommendation as Word or PDF, also in its fate; nil: none.
func pieceOf(d *templates.Definition, s intake.Source, file *model.File, as way) (p *piece) {
	defer func() {
		if recover() != nil { // whatever it is, it is no submission
			p = nil
		}
	}()
	if file.Fate != model.Ignored || file.Code != intake.CodeOtherFile {
		return nil
	}
	kind := map[string]string{".docx": table.PieceWord, ".pdf": table.PiecePDF, ".doc": table.PieceOld,
		".wps": table.PieceOld}[strings.ToLower(path.Ext(s.Path))]
	title := named(d, s.Path)
	p = &piece{kind: kind, names: title, title: title}
	switch kind {
	case table.PieceWord:
		w, form := readWord(d, s)
		if w.File.Fate != model.Accepted {
			return nil
		}
		w.File = model.File{Path: s.Path, Fate: model.Accepted}
		batch := normalize.NewBatch(d)
		batch.Add(as(d, w))
		for read := range batch.Facts().Forms {
			p.code, p.form = form.Code, read
			p.names = append([]string{read.Submission.Consortium}, p.names...)
		}
	case table.PiecePDF:
		data, err := s.Read(intake.MaxFile)
		if err != nil || !pdf.Is(data) {
			return nil
		}
		for words := range pdf.Texts(data) {
			p.code = cmp.Or(p.code, table.FindCode(words))
			p.names = append(named(d, words), p.names...) // what it says goes before what it is called
		}
		if p.code == "" && len(p.names) == 0 {
			return nil
		}
	case table.PieceOld:
		if len(p.names) == 0 {
			return nil
		}
		file.Code = intake.CodeOldWord
		return p
	default:
		return nil
	}
	file.Code = intake.CodePiece
	return p
}

// named gives the consortium of the directory that a text names; none where it names several, as a list does.
func named(d *templates.Definition, words string) []string {
	key, found := text.NameKey(words), map[int]string{}
	for _, e := range d.Directory.Entries {
		for _, p := range e.Pairs() {
			if strings.Contains(key, text.NameKey(p.Consortium)) {
				found[e.No] = p.Consortium
			}
		}
	}
	for _, name := range found {
		if len(found) == 1 {
			return []string{name}
		}
	}
	return nil
}

// paired is the facts with each piece held against its workbook: rows of the table pieces, and findings where they
// differ, unless a further piece of the same kind agrees: the other is an older print.
func paired(facts *table.Facts, pieces []*piece) *table.Facts {
	d, forms := facts.Definition, slices.Collect(facts.Forms)
	agreed := map[string]bool{} // kind and submission
	var held []pairing
	at := 0
	for file := range facts.Files.All() {
		if at >= len(pieces) {
			break
		}
		p := pieces[facts.Sources[at]]
		if at++; p == nil {
			continue
		}
		h := p.hold(d, file, forms)
		if h.Result == table.PieceSame || h.Result == table.PieceOther {
			agreed[h.Kind+h.Submission] = true
		}
		held = append(held, h)
	}
	rows, findings := table.NewBuilder[table.Piece](), []model.Finding(nil)
	for _, h := range held {
		if rows.Append(h.Piece); h.Result != table.PieceDiffers && h.Result != table.PieceOther {
			continue
		}
		for _, x := range h.differences {
			row := h.Piece
			row.Field, row.Said, row.SaidAt = x.Ref.Field, said(x.Word), x.Word.Place.Sheet+" "+x.Word.Place.Cell
			row.Held, row.Sheet, row.Cell = said(x.Book), x.Book.Place.Sheet, x.Book.Place.Cell
			row.Year = table.Nonzero(x.Ref.Year)
			rows.Append(row)
		}
		if h.Result == table.PieceOther || !agreed[h.Kind+h.Submission] {
			findings = append(findings, h.finding(d))
		}
	}
	return facts.With(rows.Finish(), findings)
}

// pairing is a piece with the values by which it differs from its workbook.
type pairing struct {
	table.Piece
	form        *table.Form // of the workbook
	title       []string    // as of the piece
	differences []wordform.Difference
}

// hold finds the workbook of a piece and compares the two.
func (p *piece) hold(d *templates.Definition, file table.File, forms []*table.Form) pairing {
	h := pairing{Piece: table.Piece{File: file.Path, Kind: p.kind, Code: p.code,
		Result: table.PieceAlone}, title: p.title}
	find := func(is func(table.Submission) bool) {
		at := slices.IndexFunc(forms, func(f *table.Form) bool { return is(f.Submission) })
		if h.form == nil && at >= 0 {
			h.form = forms[at]
		}
	}
	if p.code != "" {
		find(func(s table.Submission) bool { return s.CheckCode == p.code })
	}
	for _, name := range p.names {
		e, pair, listed := d.Directory.ByConsortium(name)
		if listed && !h.DirectoryNo.Valid {
			h.DirectoryNo, h.Consortium = table.Some(int32(e.No)), pair.Consortium
		}
		find(func(s table.Submission) bool {
			return listed && s.DirectoryNo == table.Some(int32(e.No)) ||
				name != "" && text.NameKey(s.Consortium) == text.NameKey(name)
		})
	}
	form := h.form
	if form == nil {
		return h
	}
	h.Submission, h.DirectoryNo, h.Consortium, h.Result = form.Submission.Submission, form.Submission.DirectoryNo,
		form.Submission.Consortium, table.PieceSame
	if p.form != nil {
		h.differences = wordform.Differences(d, p.form, form)
	}
	h.Differences = int32(len(h.differences))
	switch {
	case len(h.differences) > 0 || p.code != "" && p.code != form.Submission.CheckCode:
		h.Result = table.PieceDiffers
	case p.misnamed(d, form.Submission):
		h.Result = table.PieceOther
	case p.code == "" && p.form == nil:
		h.Result = table.PieceNoCode
	}
	return h
}

// misnamed says whether the file name is that of another consortium of the directory.
func (p *piece) misnamed(d *templates.Definition, s table.Submission) bool {
	if len(p.title) == 0 {
		return false
	}
	e, _, _ := d.Directory.ByConsortium(p.title[0])
	return s.DirectoryNo != table.Some(int32(e.No))
}

// finding is about one piece's differences: value by value, or where there are none its code, or its name.
func (h pairing) finding(d *templates.Definition) model.Finding {
	form := h.form
	x := model.Finding{Code: d.CodeOf("piece_code_differs"), Submission: h.Submission, Member: path.Base(h.File),
		Raw: h.Code, Value: form.Submission.CheckCode, Vars: map[string]string{"file": h.File, "other": h.Code,
			"value": form.Submission.CheckCode, "count": fmt.Sprint(len(h.differences))}}
	if h.Result == table.PieceOther {
		x.Code, x.Raw, x.Value = d.CodeOf("piece_misnamed"), h.title[0], h.Consortium
		x.Vars["other"], x.Vars["value"] = x.Raw, x.Value
	}
	var told []string
	for i, y := range h.differences {
		place := y.Book.Place
		place.File = form.Submission.File
		if x.Places = append(x.Places, place); !slices.Contains(x.Fields, y.Ref.Field) {
			x.Fields = append(x.Fields, y.Ref.Field)
		}
		if i < 5 { // the table holds all
			told = append(told, fmt.Sprintf("%s：Word 版“%s”，工作簿“%s”", d.Name(y.Ref), brief(y.Word), brief(y.Book)))
		}
	}
	if len(told) > 0 {
		x.Code, x.Raw, x.Value = d.CodeOf("piece_differs"), brief(h.differences[0].Word),
			brief(h.differences[0].Book)
		x.Vars["list"] = strings.Join(told, "；")
	}
	x.Places = append(x.Places, model.Place{File: form.Submission.File})
	return x
}

// said is a value as a person reads it.
func said(o table.Observation) string {
	if o.Status == table.Missing {
		return "未填"
	}
	return cmp.Or(o.Value, o.Raw, "不适用")
}

func brief(o table.Observation) string {
	const longest = 40
	return text.Clip(strings.Join(strings.Fields(said(o)), " "), longest)
}
