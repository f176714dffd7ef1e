"""What people see in a browser. So far one page of counts, without plates."""
