// Package intake turns what arrived into flat cells with places. Every file is opened once and read once: its container
// is proven whole first, then its sheets are walked, then its cells are bound to the form. A file that can't be used becomes a
// refusal with a code; it never stops the others.
package intake

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"lianheti/stages"
	"lianheti/templates"
)

// Read reads one file. The fate is Accepted where its cells were bound to the form; which of several accepted files of
// one consortium counts is decided later.
func Read(d *templates.Definition, s Source) stages.Workbook {
	file := stages.File{Path: s.Path, Size: s.Size}
	if s.verdict != nil && s.verdict.Code == CodeUnreadable {
		return refused(file, &s.verdict.Refusal)
	}
	// The hash is taken of files that are not read, too: every file that arrived can be recognised.
	data, err := s.Read(readLimit(s))
	sum := sha256.Sum256(data)
	file.SHA256 = hex.EncodeToString(sum[:])
	if s.verdict != nil {
		file.Fate, file.Code, file.Detail = s.verdict.fate, s.verdict.Code, s.verdict.Detail
		return stages.Workbook{File: file}
	}
	if err != nil {
		return refused(file, unread(err))
	}
	file.Size = int64(len(data))
	book, refusal := open(data)
	if refusal != nil {
		return refused(file, refusal)
	}
	file.Fate = stages.Accepted
	return bind(d, file, book)
}

// readLimit is how much of a file is read: packages are larger than workbooks, and only hashed.
func readLimit(s Source) int64 {
	if s.entry < 0 && s.verdict != nil {
		return maxPackage
	}
	return MaxFile
}

// unread says why the bytes of a file could not be had.
func unread(err error) *Refusal {
	switch {
	case errors.Is(err, errTooLarge):
		return &Refusal{Code: CodeTooLarge}
	case errors.Is(err, zip.ErrAlgorithm):
		return &Refusal{CodePackageDamaged, "压缩方法不认识"}
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat):
		return &Refusal{CodePackageDamaged, "校验和不符"}
	}
	return &Refusal{CodeUnreadable, "没有权限或读取出错"}
}
