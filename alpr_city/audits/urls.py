"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.audits import views
from alpr_city.web.menu import Entry

MENU = [
    Entry("audit.review", "audits:audits", "Audits"),
    Entry("audit.approve", "audits:approvals", "Audits"),
]

urlpatterns = [
    path("", views.audits, name="audits"),
    path("approvals/", views.approvals, name="approvals"),
    path("start/", views.begin, name="start"),
    path("<int:number>/", views.review, name="review"),
    path("<int:number>/submit/", views.hand_in, name="submit"),
    path("item/<int:number>/", views.verdict, name="verdict"),
    path("approvals/item/<int:number>/", views.verdict_on_own, name="verdict-on-own"),
    path("approvals/<int:number>/", views.report, name="report"),
    path("approvals/<int:number>/approve/", views.agree, name="approve"),
    path("approvals/<int:number>/report.pdf", views.report_pdf, name="pdf"),
]
