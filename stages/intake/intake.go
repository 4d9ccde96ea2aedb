// Package intake turns what arrived into flat cells with places. Every file is opened once and read once: its container
// is proven whole first, then its sheets are walked, then its cells are bound to the form. A file that can't be used becomes a
// refusal with a code; it never stops the others.
//
// A file is read in this process, not in one of its own. A child with limits is for what can't be bounded from within, and each thing here that
// meets bytes from outside is bounded before it is called:
//
//	archive/zip, flate, XML   in package office/ooxml, within its limits; the input is at most 20 MB
//	mscfb                     keeps paths that grow with the square of the streams: 256 KB of directory; its chains know cycles
//	Decrypt                   of excelize, turns a password as often as the file says: at most 1,000,000 times; one stream of each kind
//
// excelize itself opens a file of others only to annotate it (package feedback), after this reader took it, below 4 MB of XML. What none of
// these bounds, a panic, is recovered file by file. Fuzz targets stand at each of these doors. Were a library to come that can't be bounded so,
// the place for a child process is Read: it takes a Source and gives plain values.
package intake

import (
	"archive/zip"
	"bytes"
	"errors"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/templates"
)

// Read reads one file. The fate is Accepted where its cells were bound to the form; which of several accepted files of
// one consortium counts is decided later.
func Read(d *templates.Definition, s Source) model.Workbook {
	file, data, decided := s.fetch()
	if decided != nil {
		return *decided
	}
	w := workbook(d, file, data)
	other := w.File.Code == CodeNotWorkbook || w.File.Code == CodeIncomplete
	if s.verdict != nil && (w.File.Code == CodeNotWorkbook && s.verdict.fate == model.Ignored || other && s.verdict.Code == CodeOtherArchive) {
		file.Fate, file.Code, file.Detail = s.verdict.fate, s.verdict.Code, s.verdict.Detail // the name was right
		return model.Workbook{File: file}
	}
	return w
}

// fetch gives the bytes of a file with its hash, or what is decided without reading them.
func (s Source) fetch() (file model.File, data []byte, decided *model.Workbook) {
	file = model.File{Path: s.Path, Size: s.Size}
	if s.verdict != nil && s.verdict.Code == CodeUnreadable {
		file.NoHash = s.verdict.Detail
		w := refused(file, &s.verdict.Refusal)
		return file, nil, &w
	}
	if s.verdict != nil {
		if w, ok := s.unopened(file); ok {
			return file, nil, &w
		}
	}
	data, err := s.Read(MaxFile)
	if err != nil {
		file.SHA256, file.NoHash, _ = s.digest()
		w := refused(file, s.unread(err))
		return file, nil, &w
	}
	file.SHA256, file.Size = model.Digest(data), int64(len(data))
	return file, data, nil
}

// unopened gives a file the fate that its name or kind decided. Not ok: it must be opened after all, because names lie: a
// workbook goes under the name of an old one or under none, a web page under .xls.
func (s Source) unopened(file model.File) (w model.Workbook, ok bool) {
	// The hash is taken of files that are not read, too: every file that arrived can be recognised.
	sum, none, head := s.digest()
	book := bytes.HasPrefix(head, ooxml.MagicZip) || s.verdict.Code == CodeLockFile && bytes.HasPrefix(head, ooxml.MagicOLE)
	if s.verdict.byName && book && s.Size <= MaxFile {
		return w, false
	}
	file.SHA256, file.NoHash, file.Fate, file.Code, file.Detail = sum, none, s.verdict.fate, s.verdict.Code, s.verdict.Detail
	if other := sniff(head); s.verdict.byName && file.Code == CodeOldExcel && other != nil {
		return refused(file, other), true
	}
	return model.Workbook{File: file}, true
}

// Cells reads a workbook that is not a submission (experts' marks, the Department's register): proven whole by the same
// reader, then flat: every filled cell with its place, sheet by sheet, in the order of the file. What the cells mean is for
// others to say. Where the file can't be used it gives no cells and the reason.
func Cells(s Source) ([]model.Cell, *Refusal) {
	if s.verdict != nil {
		return nil, &s.verdict.Refusal
	}
	file, cells := Flat(s)
	if file.Fate != model.Accepted {
		return nil, &Refusal{Code: file.Code, Detail: file.Detail}
	}
	return cells, nil
}

// Flat reads one file of many that are no submissions, as Cells does: with its hash, and with a fate like any file that arrived. Whatever
// it makes the program do, the answer is a refusal.
func Flat(s Source) (file model.File, cells []model.Cell) {
	defer func() {
		if recover() != nil {
			file, cells = Defeated(s).File, nil
		}
	}()
	file, data, decided := s.fetch()
	if decided != nil {
		return decided.File, nil
	}
	book, refusal := open(data, true, "")
	if refusal != nil {
		return refused(file, refusal).File, nil
	}
	for _, sheet := range book.Sheets {
		for _, cell := range sheet.Cells {
			if cell.Filled {
				cell.Place.File = s.Path
				cells = append(cells, cell.Cell)
			}
		}
	}
	file.Fate = model.Accepted
	return file, cells
}

// FormYear tells of which year's form a workbook is; 0 where it does not say, or is none.
func FormYear(s Source) (year int) {
	defer func() {
		if recover() != nil {
			year = 0
		}
	}()
	_, data, decided := s.fetch()
	if decided != nil {
		return 0
	}
	book, refusal := open(data, true, templates.MetaSheet)
	if refusal != nil {
		return 0
	}
	b := &binder{book: book}
	b.identify()
	return b.out.Form.Year
}

// Defeated is the outcome for a file on which the program itself failed: refused, like any other that can't be used.
func Defeated(s Source) model.Workbook {
	file := model.File{Path: s.Path, Size: s.Size}
	file.SHA256, file.NoHash, _ = s.digest()
	return refused(file, &Refusal{Code: CodeDefeats})
}

// workbook reads the bytes of one file.
func workbook(d *templates.Definition, file model.File, data []byte) model.Workbook {
	book, refusal := open(data, false, "")
	if refusal != nil {
		return refused(file, refusal)
	}
	file.Fate = model.Accepted
	return bind(d, file, book)
}

// unread says why the bytes of a file could not be had.
func (s Source) unread(err error) *Refusal {
	switch {
	case errors.Is(err, errTooLarge):
		return &Refusal{CodeTooLarge, "超过 20 MB"}
	case errors.Is(err, zip.ErrAlgorithm):
		return &Refusal{CodePackageDamaged, "压缩方法不认识"}
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat):
		return &Refusal{CodePackageDamaged, "校验和不符"}
	case s.entry >= 0:
		return &Refusal{CodePackageDamaged, "其中的文件解不开"}
	}
	return &Refusal{CodeUnreadable, why(err)}
}
