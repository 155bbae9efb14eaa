# What all plots share. Given from outside: file, series (names separated by blanks), caveats.
set terminal svg size 1000,640 dynamic enhanced background rgb 'white' font 'sans-serif,15' linewidth 1.5
set encoding utf8
set datafile separator ','
set datafile missing ''
set grid xtics ytics lc rgb '#d8d8d8' lw 0.6
set border 3
set tics nomirror out
set key below
set bmargin 5
set style line 1 lc rgb '#0b5fa5' lw 2 pt 7 ps 0.7
set style line 2 lc rgb '#c44601' lw 2 pt 5 ps 0.7
set style line 3 lc rgb '#2a7f3f' lw 2 pt 9 ps 0.8
set style line 4 lc rgb '#7b3fa0' lw 2 pt 13 ps 0.8
set style line 5 lc rgb '#8a6d00' lw 2 pt 11 ps 0.8
set style line 6 lc rgb '#4a4a4a' lw 2 pt 4 ps 0.8
style(n) = 1 + (n - 1) % 6
# The rows of one series, in the order of its column `by`; repeated measurements lie side by side.
of(name, by) = sprintf("< awk -F, -v name='%s' '$1 == name' %s | sort -s -t, -k%d,%dg", name, file, by, by)
heading(text) = sprintf("%s\n{/*0.65 %s}", text, caveats)
