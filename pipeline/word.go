package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/office/pdf"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/wordform"
	"lianheti/templates"
)

// Printed is the result of printing official Word forms.
type Printed struct {
	Files []table.File // all input files, with their fates
	Forms []PrintedForm
}

// PrintedForm is the official Word form of one submission.
type PrintedForm struct {
	Submission table.Submission
	Name       string // of the Word file
	Data       []byte // nil: a text is too long
	CheckCode  string
	TooLong    []table.Finding // texts over their limit
	Unprinted  []table.Member  // members of a kind that the form does not have
}

// Word prints the official form of each submission, in memory. A submission with a text over its limit gets none.
func Word(ctx context.Context, o Options) (_ *Printed, err error) {
	defer try.Caught(&err)
	both := try.Get(read(ctx, try.Get(o.listSources()), o, normalize.Verbatim, normalize.Workbook))
	// The forms are printed verbatim; findings and check codes come from the masked values, which are published.
	facts, seen := both[0], both[1]
	judgement := try.Get(check.Run(seen, check.Known{Alone: true}))
	masked := table.IndexBy(seen.Submissions.All(), func(s table.Submission) string { return s.Submission })
	contacts := contactsBySubmission(facts)
	out := &Printed{Files: slices.Collect(seen.Files.All())}
	taken := map[string]int{}
	for form := range facts.Forms {
		name := cmp.Or(form.Submission.Consortium, form.Submission.Submission)
		if taken[name]++; taken[name] > 1 { // two files of one consortium
			name = fmt.Sprintf("%s（%d）", name, taken[name])
		}
		id := form.Submission.Submission
		p := PrintedForm{Submission: form.Submission, Name: wordform.Name(o.Definition, name),
			CheckCode: masked[id].CheckCode}
		p.TooLong = table.Where(judgement.Findings.All(), func(f table.Finding) bool {
			field := o.Definition.Field(f.Fields)
			return f.Submission == id && o.Definition.Rule(f.Code).Check == "length" && field != nil && !field.Extra
		})
		p.Unprinted = slices.DeleteFunc(slices.Clone(form.Members), func(m table.Member) bool { return m.Kind != "" })
		if len(p.TooLong) == 0 {
			var b bytes.Buffer
			err := wordform.Write(&b, o.Definition, form, contacts[id], p.CheckCode)
			try.In(form.Submission.File, err)
			p.Data = b.Bytes()
		}
		out.Forms = append(out.Forms, p)
	}
	return out, ctx.Err()
}

func contactsBySubmission(facts *table.Facts) map[string]map[string]string {
	out := map[string]map[string]string{}
	for c := range facts.Contacts.All() {
		table.Submap(out, c.Submission)[c.Field] = c.Text
	}
	return out
}

// Refused reports whether a file or a submission got no Word form, or an incomplete one.
func (p *Printed) Refused() bool {
	return slices.ContainsFunc(p.Files, func(f table.File) bool { return f.Fate == model.Rejected }) ||
		slices.ContainsFunc(p.Forms, func(f PrintedForm) bool { return f.Data == nil || len(f.Unprinted) > 0 })
}

// Transcribed is a filled Word form converted to the Excel template.
type Transcribed struct {
	File     table.File // with its fate: a rejected file has no workbook
	Name     string     // of the workbook
	Workbook []byte
	Values   int                 // how many values were filled in
	Unplaced []wordform.Unplaced // texts that fit no field
	Doubtful []TranscribedValue  // values read by a guess, or not understood
}

// TranscribedValue is a value that a person must check.
type TranscribedValue struct {
	Name, Wrote, Read string // Read is empty where the text could not be read and was filled in as written
}

// FromWord fills the Excel template from a filled Word form, in memory, and lists the texts that fit no field.
func FromWord(d *templates.Definition, path string) (*Transcribed, error) {
	w, form := readWord(d, intake.FromDisk(path))
	batch := normalize.NewBatch(d)
	batch.Add(normalize.Verbatim(d, w))
	facts := batch.Facts()
	out := &Transcribed{File: facts.Files.Row(0), Unplaced: form.Unplaced}
	if w.File.Fate != model.Accepted {
		return out, nil
	}
	contacts := contactsBySubmission(facts)
	for form := range facts.Forms {
		values := blankform.ValuesOf(d, form, contacts[form.Submission.Submission])
		var b bytes.Buffer
		if err := blankform.Fill(&b, d, values); err != nil {
			return nil, try.Named("填写模板", err)
		}
		name := cmp.Or(form.Submission.Consortium, w.File.Path)
		out.Name, out.Workbook = text.FileName(name)+".xlsx", b.Bytes()
		out.Values = len(values.Fields) + len(values.Records["members"])
		out.Doubtful = doubtfulValues(d, form)
	}
	return out, nil
}

// readWord reads a filled Word form. A panic rejects the file.
func readWord(d *templates.Definition, s intake.Source) (w model.Workbook, form wordform.Filled) {
	defer func() {
		if recover() != nil {
			w, form = model.Workbook{File: model.File{Path: s.Path, Fate: model.Rejected, Code: intake.CodeFailed}},
				wordform.Filled{}
		}
	}()
	w.File = intake.ReadWord(s, func(main []byte, footers [][]byte) (foreign string, err error) {
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

// doubtfulValues lists the values that were read by a guess, and those that could not be read.
func doubtfulValues(d *templates.Definition, form *table.Form) []TranscribedValue {
	var out []TranscribedValue
	for _, c := range form.Coercions {
		if !c.Guess {
			continue
		}
		r, read := templates.Ref{Field: c.Field, Year: int(c.Year.V)}, c.To
		switch o := form.Observe(r); o.Status { // the final value
		case table.Normal:
			read = o.Value
		case table.NotApplicable:
			read = d.Form.NotApplicable
		}
		out = append(out, TranscribedValue{d.Name(r), c.From, read})
	}
	for _, slot := range d.Layout().Slots() {
		r := slot.Ref()
		if o := form.Observe(r); o.Status == table.Invalid && !slot.Field.Personal {
			out = append(out, TranscribedValue{d.Name(r), o.Raw, ""})
		}
	}
	return out
}

// The same recommendation arrives as workbook, Word file, stamped PDF and paper. A Word form is compared with the
// workbook value by value; in a PDF only the check code is searched for; a scan has no text, so the register takes the
// code typed from the paper. Only the workbook is a submission: the others count no cells and give no values.

// piece is a Word or PDF file that is a recommendation.
type piece struct {
	kind           string
	code           string
	form           *table.Form // of a Word form
	consortia      []string    // names of its consortium, the most reliable first
	fileConsortium []string    // the one consortium in its file name; empty: none, or several
}

// readPiece reads a file other than a workbook as a recommendation and sets the code of its fate; nil: it is none.
func readPiece(d *templates.Definition, s intake.Source, file *model.File, as normalizer) (p *piece) {
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
	title := namedConsortium(d, s.Path)
	p = &piece{kind: kind, consortia: title, fileConsortium: title}
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
			p.consortia = append([]string{read.Submission.Consortium}, p.consortia...)
		}
	case table.PiecePDF:
		data, err := s.Read()
		if err != nil || !pdf.Is(data) {
			return nil
		}
		for words := range pdf.Texts(data) {
			p.code = cmp.Or(p.code, table.FindCode(words))
			p.consortia = append(namedConsortium(d, words), p.consortia...) // the content is more reliable than the file name
		}
		if p.code == "" && len(p.consortia) == 0 {
			return nil
		}
	case table.PieceOld:
		if len(p.consortia) == 0 {
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

// namedConsortium returns the one consortium of the directory in a text; none if there are several, as in a list.
func namedConsortium(d *templates.Definition, words string) []string {
	key, found := text.NameKey(words), map[int]string{}
	for _, e := range d.Directory.Entries {
		for _, p := range e.Pairs() {
			if strings.Contains(key, text.NameKey(p.Consortium)) {
				found[e.No] = p.Consortium
			}
		}
	}
	if len(found) != 1 {
		return nil
	}
	return slices.Collect(maps.Values(found))
}

// pairPieces compares each piece with its workbook: it returns the facts with the table pieces, and findings where
// the two differ. A piece that differs is no finding if another one of the same kind agrees: it is an older print.
func pairPieces(facts *table.Facts, pieces []*piece) *table.Facts {
	d, forms := facts.Definition, slices.Collect(facts.Forms)
	matched := map[string]bool{} // kind and submission
	var all []pairedPiece
	for i, source := range facts.FileIndexes {
		if pieces[source] == nil {
			continue
		}
		h := pieces[source].compareWithWorkbook(d, facts.Files.Row(i), forms)
		if h.Result == table.PieceSame || h.Result == table.PieceOther {
			matched[h.Kind+h.Submission] = true
		}
		all = append(all, h)
	}
	rows, findings := table.NewBuilder[table.Piece](len(all)), []model.Finding(nil)
	for _, h := range all {
		if rows.Append(h.Piece); h.Result != table.PieceDiffers && h.Result != table.PieceOther {
			continue
		}
		for _, x := range h.differences {
			row := h.Piece
			row.Field, row.Said, row.SaidAt = x.Ref.Field, displayValue(x.Word), x.Word.Place.Sheet+" "+x.Word.Place.Cell
			row.Held, row.Sheet, row.Cell = displayValue(x.Book), x.Book.Place.Sheet, x.Book.Place.Cell
			row.Year = table.Nonzero(x.Ref.Year)
			rows.Append(row)
		}
		if h.Result == table.PieceOther || !matched[h.Kind+h.Submission] {
			findings = append(findings, h.finding(d))
		}
	}
	return facts.WithPieces(rows.Finish(), findings)
}

// pairedPiece is a piece with the values that differ from its workbook.
type pairedPiece struct {
	table.Piece
	form           *table.Form // of the workbook
	fileConsortium []string    // as of the piece
	differences    []wordform.Difference
}

// compareWithWorkbook finds the workbook that belongs to a piece and compares the two.
func (p *piece) compareWithWorkbook(d *templates.Definition, file table.File, forms []*table.Form) pairedPiece {
	h := pairedPiece{Piece: table.Piece{File: file.Path, Kind: p.kind, Code: p.code,
		Result: table.PieceAlone}, fileConsortium: p.fileConsortium}
	find := func(is func(table.Submission) bool) {
		at := slices.IndexFunc(forms, func(f *table.Form) bool { return is(f.Submission) })
		if h.form == nil && at >= 0 {
			h.form = forms[at]
		}
	}
	if p.code != "" {
		find(func(s table.Submission) bool { return s.CheckCode == p.code })
	}
	for _, name := range p.consortia {
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

// misnamed reports whether the file name names another consortium of the directory.
func (p *piece) misnamed(d *templates.Definition, s table.Submission) bool {
	if len(p.fileConsortium) == 0 {
		return false
	}
	e, _, _ := d.Directory.ByConsortium(p.fileConsortium[0])
	return s.DirectoryNo != table.Some(int32(e.No))
}

// finding describes how a piece differs from its workbook: value by value, or in its check code, or by its name.
func (h pairedPiece) finding(d *templates.Definition) model.Finding {
	form := h.form
	x := model.Finding{Code: d.CodeOf("piece_code_differs"), Submission: h.Submission, Member: path.Base(h.File),
		Raw: h.Code, Value: form.Submission.CheckCode, Vars: map[string]string{"file": h.File, "other": h.Code,
			"value": form.Submission.CheckCode, "count": fmt.Sprint(len(h.differences))}}
	if h.Result == table.PieceOther {
		x.Code, x.Raw, x.Value = d.CodeOf("piece_misnamed"), h.fileConsortium[0], h.Consortium
		x.Vars["other"], x.Vars["value"] = x.Raw, x.Value
	}
	x.Fields = table.Unique(h.differences, func(y wordform.Difference) string { return y.Ref.Field })
	var lines []string
	for i, y := range h.differences {
		place := y.Book.Place
		place.File = form.Submission.File
		x.Places = append(x.Places, place)
		if i < 5 { // the table holds all
			lines = append(lines, fmt.Sprintf("%s：Word 版“%s”，工作簿“%s”", d.Name(y.Ref), shortValue(y.Word), shortValue(y.Book)))
		}
	}
	if len(lines) > 0 {
		x.Code, x.Raw, x.Value = d.CodeOf("piece_differs"), shortValue(h.differences[0].Word),
			shortValue(h.differences[0].Book)
		x.Vars["list"] = strings.Join(lines, "；")
	}
	x.Places = append(x.Places, model.Place{File: form.Submission.File})
	return x
}

// displayValue returns a value as a person reads it.
func displayValue(o table.Observation) string {
	return table.Either(o.Status == table.Missing, "未填", cmp.Or(o.Value, o.Raw, "不适用"))
}

func shortValue(o table.Observation) string {
	const longest = 40
	return text.Clip(strings.Join(strings.Fields(displayValue(o)), " "), longest)
}
