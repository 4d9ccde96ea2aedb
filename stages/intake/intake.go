// Package intake turns what arrived into flat cells with places. Every file is opened once and read once: its container
// is proven whole first, then its sheets are walked, then its cells are bound to the form. A file that can't be used
// becomes a refusal with a code; it never stops the others.
//
// A file is read in this process, because each thing here that meets bytes from outside is bounded before it is called:
//
//	archive/zip, flate, XML   in package office/ooxml, within its limits; the input is at most 20 MB
//	mscfb                     keeps paths that grow with the square of the streams: 256 KB of directory
//	Decrypt                   of excelize, turns a password as often as the file says: at most 1,000,000 times
//
// excelize opens a file of others only to annotate it (package feedback), after this reader took it, below 4 MB of XML.
// A panic is recovered file by file. Fuzz targets stand at each of these doors.
package intake

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/templates"
)

// Read reads one file. It is Accepted where its cells were bound to the form; which file of several counts comes later.
func Read(d *templates.Definition, s Source) model.Workbook {
	file, book, refusal := s.opened(false, "")
	if refusal == nil {
		return bind(d, file, book)
	}
	code := refusal.Code
	if s.early != nil && (code == CodeNotWorkbook && s.early.fate() == model.Ignored ||
		(code == CodeNotWorkbook || code == CodeIncomplete) && s.early.Code == CodeOtherArchive) {
		refusal = s.early // the name was right
	}
	return refused(file, refusal)
}

// opened gives the cells of a file, or why it has none.
func (s Source) opened(flat bool, only string) (file model.File, book *Book, refusal *Refusal) {
	file = model.File{Path: s.Path, Size: s.Size}
	if s.early != nil {
		if refusal = s.unopened(&file); refusal != nil {
			return file, nil, refusal
		}
	}
	data, err := s.Read(MaxFile)
	if err != nil {
		file.SHA256, file.NoHash, _ = s.digest()
		return file, nil, s.unread(err)
	}
	file.SHA256, file.Size, file.Fate = model.Digest(data), int64(len(data)), model.Accepted
	book, refusal = open(data, flat, only)
	return file, book, refusal
}

// unopened is what the name or kind of a file decided; nil: it must be opened after all, because names lie.
func (s Source) unopened(file *model.File) *Refusal {
	if s.early.Code == CodeUnreadable {
		file.NoHash = s.early.Detail
		return s.early
	}
	var head []byte // the hash is taken of files that are not read, too: every file that arrived can be recognised
	file.SHA256, file.NoHash, head = s.digest()
	book := bytes.HasPrefix(head, ooxml.MagicZip) || s.early.Code == CodeLockFile && bytes.HasPrefix(head, ooxml.MagicOLE)
	if s.doubt && book && s.Size <= MaxFile {
		return nil
	}
	if other := sniff(head); s.doubt && s.early.Code == CodeOldExcel && other != nil {
		return other
	}
	return s.early
}

// Flat reads a workbook that is no submission (experts' marks, the register): every filled cell with its place, in the
// order of the file, beside what became of it; a panic is a refusal.
func Flat(s Source) (file model.File, cells []model.Cell) {
	defer func() {
		if recover() != nil {
			file, cells = Defeated(s).File, nil
		}
	}()
	file, book, refusal := s.opened(true, "")
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
	return file, cells
}

// FormYear tells of which year's form a workbook is; 0 where it does not say, or is none.
func FormYear(s Source) (year int) {
	defer func() { _ = recover() }()
	_, book, refusal := s.opened(true, templates.MetaSheet)
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
	return &Refusal{CodeUnreadable, reasonOf(err)}
}

// At is a file on disk.
func At(file string) Source {
	s := Source{Path: filepath.Base(file), disk: file, entry: -1}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		s.early = &Refusal{CodeUnreadable, "不是普通文件"}
	}
	return s
}

// Word proves a Word file and has its main part and footers read; read says why it is not the form, or is at fault.
func Word(s Source, read func(main []byte, footers [][]byte) (foreign string, err error)) model.File {
	out := model.File{Path: s.Path}
	if s.early != nil && s.early.fate() == model.Rejected {
		return refused(out, s.early).File
	}
	data, err := s.Read(MaxFile)
	if err != nil {
		return refused(out, s.unread(err)).File
	}
	out.SHA256, out.Size, out.Fate = model.Digest(data), int64(len(data)), model.Accepted
	main, footers, part, refusal := openWord(data)
	if refusal != nil {
		return refused(out, refusal).File
	}
	switch foreign, err := read(main, footers); {
	case err != nil:
		return refused(out, damaged(err, part)).File
	case foreign != "":
		return refused(out, refuse(CodeNotWordForm, "%s", foreign)).File
	}
	return out
}

// openWord gives the main part of a Word file, its footers, and the name of the main part.
func openWord(data []byte) (main []byte, footers [][]byte, part string, refusal *Refusal) {
	p, refusal := unpack(data, ooxml.Open)
	if refusal != nil {
		return nil, nil, "", notWord(refusal)
	}
	part, kind, err := p.Main(ooxml.NewWalker())
	switch {
	case err != nil:
		return nil, nil, "", damaged(err, "[Content_Types].xml")
	case strings.Contains(kind, "macroEnabled"):
		return nil, nil, "", refuse(CodeNotWord, "带宏的文档（.docm）")
	case strings.Contains(kind, "spreadsheetml"):
		return nil, nil, "", refuse(CodeNotWord, "工作簿（.xlsx）")
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return nil, nil, "", refuse(CodeNotWord, "ODF 文档（.odt）")
	case !strings.Contains(kind, "wordprocessingml") || !p.Has(part):
		return nil, nil, "", refuse(CodeNotWord, "别的压缩文件")
	}
	for n := range 64 { // more than any program writes
		if footer := p.Get(fmt.Sprintf("%s/footer%d.xml", path.Dir(part), n)); footer != nil {
			footers = append(footers, footer)
		}
	}
	return p.Get(part), footers, part, nil
}

// notWord says of a file that is no container of parts what it is instead of a Word form.
func notWord(r *Refusal) *Refusal {
	what := map[string]string{CodeOldExcel: "旧版文档（.doc 或 .wps）", CodeWebPage: "网页或文本", CodeCSV: "网页或文本",
		CodeOtherArchive: "压缩包", CodeNotWorkbook: strings.TrimSpace(r.Detail)}[r.Code]
	if what == "" {
		return r
	}
	return &Refusal{CodeNotWord, what}
}
