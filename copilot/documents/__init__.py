"""Reading a design: files and formats in, one text with headings, sentences and passages out."""
