"""Which test holds which requirement of OWASP ASVS 5.0.0, and what does not apply here; identifiers only, not their text."""

from __future__ import annotations

from collections.abc import Mapping

_CANARIES = "tests/security/test_canaries.py::test_no_canary_stands_in_any_file_that_was_written"
_SAID = "tests/security/test_canaries.py::test_no_canary_stands_in_what_commands_said"
_LINK = "tests/inputs/test_safe_open.py::test_a_link_in_any_component_is_refused"
_LEADS_OUT = "tests/inputs/test_safe_open.py::test_a_name_that_leads_out_is_refused"
_LONG = "tests/inputs/test_safe_open.py::test_a_file_beyond_the_bound_is_refused_before_it_is_read"
_JSON = "tests/inputs/test_strict_json.py::test_what_has_two_meanings_or_none_is_refused"
_YAML = "tests/config/test_strict_yaml.py::test_each_construct_whose_meaning_is_not_plain_is_refused_at_its_place"
_MUTATION = "tests/config/test_mutation.py::test_dropping_renaming_or_retyping_any_key_never_surprises"
_PROVES = "tests/security/test_operators.py::test_a_passphrase_proves_its_owner_and_no_other_does"
_LENGTH = "tests/security/test_operators.py::test_a_passphrase_has_a_least_and_a_most_length"
_LOCK = "tests/runtime/test_operators.py::test_five_failures_lock_the_name_for_a_minute"
_CHANGED = "tests/runtime/test_operators.py::test_a_passphrase_is_changed_by_its_owner_or_by_secops"
_ALIKE = "tests/runtime/test_operators.py::test_a_wrong_name_and_a_wrong_passphrase_are_told_alike"
_LET_IN = "tests/runtime/test_operators.py::test_a_person_of_the_role_is_let_in_and_that_is_recorded"
_REFUSED = "tests/runtime/test_operators.py::test_another_role_is_refused_with_the_role_it_takes"
_RBAC = "tests/config/test_rbac.py::test_nobody_without_a_role_may_do_anything_and_a_viewer_only_looks"
_TWO = "tests/config/test_rbac.py::test_what_takes_two_takes_two_of_different_roles"
_MATRIX = "tests/services/test_status_server.py::test_each_role_may_call_what_the_table_says_and_nothing_else"
_DOOR = "tests/services/test_status_server.py::test_every_certificate_that_is_none_of_a_client_is_refused_at_the_door"
_BOUND = "tests/services/test_status_server.py::test_a_token_is_good_with_its_own_certificate_alone"
_REVOKED = "tests/services/test_status_server.py::test_who_is_revoked_is_out_on_the_open_connection_streams_included"
_FORGED = "tests/services/test_gatekeeper.py::test_no_forgery_of_a_thousand_is_let_in"
_EXPIRED = "tests/services/test_gatekeeper.py::test_no_expired_future_revoked_or_borrowed_token_of_a_thousand_is_let_in"
_HASHED = "tests/services/test_gatekeeper.py::test_of_a_token_only_its_hash_is_kept_and_in_a_private_file"
_MINUTES = "tests/services/test_gatekeeper.py::test_a_token_lives_five_to_fifteen_minutes"
_END = "tests/services/test_gatekeeper.py::test_all_tokens_of_a_person_end_at_once_and_old_ones_are_forgotten"
_RECORDED = "tests/services/test_gatekeeper.py::test_refusals_are_recorded_first_ones_each_others_counted"
_QUIET = "tests/services/test_status_server.py::test_limits_hold_and_errors_tell_a_peer_nothing"
_MALFORMED = "tests/services/test_hostile_requests.py::test_what_is_malformed_is_refused_once_and_in_plain_words"
_ENCRYPTED = "tests/venues/test_settings.py::test_every_address_of_a_venue_itself_is_encrypted"
_VAULT = "tests/security/test_vault.py::test_no_bit_of_it_can_be_changed"
_COSTS = "tests/security/test_vault.py::test_what_golive_makes_costs_what_the_standard_recommends_and_less_is_refused"
_SEALED = "tests/security/test_vault.py::test_the_same_secret_is_never_sealed_alike_and_one_that_is_removed_is_gone"
_LICENCE = "tests/security/licence/test_forged.py::test_no_byte_of_the_file_can_be_another_one"
_KINDS = "tests/security/licence/test_forged.py::test_no_kind_passes_for_another"
_FLIP = "tests/audit/test_verify.py::test_every_single_bit_flip_is_found_and_under_a_seal_is_tampering"
_LINE = "tests/observability/test_log.py::test_a_line_is_one_line_of_json_with_who_when_what"
_ROTATION = "tests/runtime/test_key_rotation.py::test_the_report_tells_in_time_and_blocks_after_ninety_days"
_MARKUP = "tests/observability/test_html.py::test_no_text_of_the_document_becomes_markup"
_PLACES = "tests/security/test_private_place.py::test_a_mode_that_lets_others_in_is_named"
_DANGER = "tests/security/test_dangerous_calls.py::"
_CRYPTO = "tests/security/test_cryptography.py::"
_PRIMITIVES = _CRYPTO + "test_every_primitive_of_the_sources_is_approved_and_in_the_table"
_RULE = "tests/security/test_passphrase_rule.py::"
_COMMON = _RULE + "test_one_of_the_most_common_passphrases_is_refused_when_somebody_is_added_and_when_it_is_changed"
_PASTED = _RULE + "test_what_is_typed_or_pasted_on_a_terminal_is_taken_whole_and_never_shown"
_TOKENS = "tests/runtime/test_tokens.py::"
_LISTS = "tests/cli/test_what_lists_show.py::"
_OVER = "tests/cli/test_mtls.py::test_a_token_is_shown_once_listed_by_id_and_revoked"
_URLS = "tests/venues/test_hostile_urls.py::"
_LIBRARIES = "tests/test_dependencies.py::"
_PAGES = "tests/backtest/test_hostile_pages.py::"

TESTS: Mapping[str, str] = {
    "V1.1.1": _JSON,
    "V1.1.2": _PAGES + "test_no_name_changes_what_a_page_is_made_of",
    "V1.2.1": _MARKUP,
    "V1.2.2": _URLS + "test_a_value_of_a_query_or_form_comes_back_as_it_was_and_adds_nothing",
    "V1.2.3": _PAGES + "test_the_data_of_the_charts_is_one_block_that_reads_back_as_it_was",
    "V1.2.4": _DANGER + "test_no_query_is_made_of_what_came_from_outside",
    "V1.2.5": _DANGER + "test_no_text_is_given_to_a_shell_and_each_program_that_is_started_is_known",
    "V1.2.10": "tests/runtime/test_strategy_folder.py::test_names_are_plain_because_they_stand_in_files_tables_and_commands",
    "V1.3.2": _DANGER + "test_no_text_becomes_code_but_the_operators_own_strategy",
    "V1.3.3": "tests/runtime/test_strategy_folder.py::test_names_are_plain_because_they_stand_in_files_tables_and_commands",
    "V1.3.4": "tests/observability/test_html.py::test_nothing_comes_from_outside_and_nothing_runs",
    "V1.3.5": _PAGES + "test_no_name_becomes_a_link_or_markup_of_a_markdown_report",
    "V1.3.6": _URLS + "test_a_venue_is_reached_over_tls_or_on_this_machine_and_in_no_other_way",
    "V1.3.12": "tests/venues/test_strict_json.py::test_a_hostile_answer_of_a_megabyte_is_refused_before_anybody_notices",
    "V1.4.2": "tests/market/test_candle_import.py::test_a_number_out_of_range_names_its_line_and_what_stands_there",
    "V1.5.2": _YAML,
    "V1.5.3": "tests/inputs/test_strict_json.py::test_every_document_is_read_as_the_standard_library_reads_it",
    "V2.1.1": "tests/config/test_json_schema.py::test_the_published_schema_is_current",
    "V2.2.1": _MUTATION,
    "V2.2.2": _MATRIX,
    "V2.2.3": "tests/config/test_crosscheck.py::test_which_endpoint_an_environment_type_allows",
    "V2.3.1": "tests/e2e/test_demo_paper.py::test_paper_refuses_without_a_demo_and_names_the_command",
    "V2.3.2": "tests/risk/test_rules.py::test_daily_loss_stops_at_the_limit",
    "V2.3.3": "tests/storage/test_session_store.py::test_a_broken_rule_rolls_the_whole_commit_back_and_ends_the_store",
    "V2.3.4": "tests/storage/order_journal/test_journal.py::test_a_second_process_is_refused_by_name_until_the_first_is_dead",
    "V2.3.5": _TWO,
    "V2.4.1": "tests/services/test_gatekeeper.py::test_who_calls_too_often_waits_and_refusals_count_tenfold",
    "V4.1.1": _MALFORMED,
    "V4.1.4": "tests/services/test_hostile_requests.py::test_what_is_not_served_is_not_found_and_no_method_but_two_does_anything",
    "V4.1.5": "tests/exchanges/test_direct_signing.py::test_every_write_is_signed_as_ccxt_signs_it",
    "V4.2.1": _MALFORMED,
    "V4.2.2": "tests/services/test_hostile_requests.py::test_behind_a_good_request_nothing_else_is_heard",
    "V4.2.3": "tests/services/test_http2.py::test_fields_of_connections_are_taken_by_nobody",
    "V4.2.4": "tests/services/test_http2.py::test_no_value_holds_the_end_of_a_line",
    "V4.4.1": _ENCRYPTED,
    "V5.2.1": _LONG,
    "V5.2.2": "tests/market/test_candle_import.py::test_what_cannot_be_read_names_place_and_fix",
    "V5.3.2": _LEADS_OUT,
    "V6.1.1": _RULE + "test_the_page_tells_the_bounds_and_what_guessing_costs",
    "V6.1.2": _RULE + "test_the_page_names_every_word_that_is_refused",
    "V6.2.1": _LENGTH,
    "V6.2.2": _CHANGED,
    "V6.2.3": _CHANGED,
    "V6.2.4": _COMMON,
    "V6.2.5": _RULE + "test_characters_of_any_kind_are_taken",
    "V6.2.6": _PASTED,
    "V6.2.7": _PASTED,
    "V6.2.8": _PROVES,
    "V6.2.9": _LENGTH,
    "V6.2.11": _RULE + "test_a_passphrase_of_the_words_of_this_place_is_refused",
    "V6.2.12": _COMMON,
    "V6.3.1": _LOCK,
    "V6.3.2": _LISTS + "test_nobody_is_there_from_the_start",
    "V6.3.8": _ALIKE,
    "V6.5.6": _REVOKED,
    "V7.1.1": _TOKENS + "test_a_session_ends_by_itself_as_the_page_says_used_or_not",
    "V7.1.2": _TOKENS + "test_a_session_ends_by_itself_as_the_page_says_used_or_not",
    "V7.2.1": _FORGED,
    "V7.2.2": _FORGED,
    "V7.2.3": _HASHED,
    "V7.2.4": _TOKENS + "test_who_proves_themselves_again_has_a_new_token_and_the_old_one_is_over",
    "V7.3.1": _TOKENS + "test_a_session_ends_by_itself_as_the_page_says_used_or_not",
    "V7.3.2": _MINUTES,
    "V7.4.1": _EXPIRED,
    "V7.4.2": _END,
    "V7.4.3": _OVER,
    "V7.4.5": _END,
    "V7.5.1": "tests/cli/test_operator.py::test_two_passphrases_are_two_lines",
    "V7.5.2": _OVER,
    "V8.1.1": "tests/config/test_rbac.py::test_every_act_stands_in_the_table_and_somebody_may_do_it",
    "V8.2.1": _RBAC,
    "V8.2.2": _OVER,
    "V8.2.3": _LISTS + "test_a_list_has_its_fields_and_none_of_what_proves_somebody",
    "V8.3.1": _MATRIX,
    "V8.3.2": "tests/services/test_gatekeeper.py::test_what_another_process_revokes_is_out_with_the_next_call",
    "V8.4.2": _BOUND,
    "V9.1.1": _LICENCE,
    "V9.1.2": _KINDS,
    "V9.1.3": "tests/security/licence/test_matrix.py::test_a_key_that_is_taken_back_signs_nothing_any_more",
    "V9.2.1": _EXPIRED,
    "V9.2.2": _KINDS,
    "V9.2.3": "tests/services/test_gatekeeper.py::test_everything_that_is_kept_of_a_token_is_asked",
    "V11.1.1": _CRYPTO + "test_the_page_tells_the_costs_and_lives_that_are_used",
    "V11.1.2": _PRIMITIVES,
    "V11.2.1": _PRIMITIVES,
    "V11.2.3": _CRYPTO + "test_no_primitive_of_the_table_is_weaker_than_128_bits",
    "V11.2.5": "tests/security/test_vault.py::test_a_changed_file_is_refused_with_what_is_wrong",
    "V11.3.1": _PRIMITIVES,
    "V11.3.2": _VAULT,
    "V11.3.3": _VAULT,
    "V11.3.4": _SEALED,
    "V11.4.1": _PRIMITIVES,
    "V11.4.2": "tests/security/test_operators.py::test_two_hashes_of_one_passphrase_differ_and_show_nothing_of_it",
    "V11.4.3": _PRIMITIVES,
    "V11.4.4": _COSTS,
    "V11.5.1": _CRYPTO + "test_what_must_not_be_guessed_is_drawn_by_the_system",
    "V11.6.1": _PRIMITIVES,
    "V12.1.1": "tests/services/test_status_server.py::test_openssl_sees_a_chain_that_verifies_and_gets_no_old_protocol",
    "V12.1.2": "tests/services/test_tls_judges.py::test_sslyze_finds_the_profile_of_mozilla_kept_but_for_what_is_known",
    "V12.1.3": _DOOR,
    "V12.1.4": _REVOKED,
    "V12.2.1": _ENCRYPTED,
    "V12.3.2": _DOOR,
    "V12.3.4": "tests/runtime/mtls/test_bundle.py::test_openssl_agrees_about_who_may_be_what",
    "V12.3.5": _BOUND,
    "V13.1.4": _ROTATION,
    "V13.2.1": "tests/services/test_status_server.py::test_who_has_a_certificate_asks_for_health_and_with_a_token_for_status",
    "V13.2.2": _MATRIX,
    "V13.2.3": _LISTS + "test_nobody_is_there_from_the_start",
    "V13.3.1": _VAULT,
    "V13.3.2": _PLACES,
    "V13.3.4": _ROTATION,
    "V13.4.4": "tests/services/test_metrics_http.py::test_any_other_path_is_not_found",
    "V14.2.1": _SAID,
    "V14.2.4": _CANARIES,
    "V14.2.6": "tests/security/test_vault.py::test_secrets_are_compared_whole_and_shown_by_their_end",
    "V15.1.1": _LIBRARIES + "test_the_page_gives_each_kind_of_weakness_its_time",
    "V15.1.2": _LIBRARIES + "test_every_library_is_in_the_list_at_the_one_version_that_is_installed",
    "V15.3.1": _TOKENS + "test_a_list_of_sessions_tells_who_and_how_long_and_no_more",
    "V15.3.2": "tests/venues/test_call_path.py::test_a_lasting_fault_is_one_error_after_five_attempts",
    "V15.3.3": "tests/security/licence/test_forged.py::test_a_payload_has_exactly_its_fields_each_of_its_type",
    "V15.3.5": _MUTATION,
    "V15.4.2": _LINK,
    "V15.4.3": "tests/storage/test_journal_file.py::test_a_stalled_lock_is_an_error_after_a_quarter_of_a_second",
    "V16.1.1": "tests/observability/test_log.py::test_the_table_of_the_documentation_is_the_catalogue",
    "V16.2.1": _LINE,
    "V16.2.2": _LINE,
    "V16.2.4": _LINE,
    "V16.2.5": _CANARIES,
    "V16.3.1": _LET_IN,
    "V16.3.2": _REFUSED,
    "V16.3.3": _RECORDED,
    "V16.4.1": _LINE,
    "V16.4.2": _FLIP,
    "V16.5.1": _QUIET,
    "V16.5.3": "tests/services/test_gatekeeper.py::test_tokens_that_cannot_be_read_let_nobody_in",
    "V16.5.4": "tests/observability/test_log.py::test_an_error_is_told_with_its_trace_and_without_secrets",
}
"""one test of each requirement that applies: the one that would fail first"""

_NO_BROWSER = "no pages are served: reports are files, whose scripts are ours and in them"
_NO_PROVIDER = "no identity provider, no federation"
_NO_SECOND = "no one-time codes, no messages as a factor: a person has a passphrase, a peer a certificate"
NOT_APPLICABLE: Mapping[str, str] = {
    "V1.2.6": "no LDAP",
    "V1.2.7": "no XPath",
    "V1.2.8": "no LaTeX",
    "V1.3.1": "no HTML is taken in",
    "V1.3.8": "no JNDI",
    "V1.3.9": "no memcache",
    "V1.5.1": "no XML is read",
    "V3": _NO_BROWSER,
    "V4.1.2": _NO_BROWSER,
    "V4.1.3": "no proxy is trusted: no such header is read",
    "V4.3": "no GraphQL",
    "V4.4.2": "serves no WebSocket",
    "V4.4.3": "serves no WebSocket",
    "V4.4.4": "serves no WebSocket",
    "V5.2.5": "no archive is unpacked into files",
    "V5.2.6": "no images are taken in",
    "V5.3.1": _NO_BROWSER,
    "V5.3.3": "no archive is unpacked into files",
    "V5.4.2": _NO_BROWSER,
    "V5.4.3": "files are the operator's own",
    "V6.3.6": "no e-mail as a factor",
    "V6.4.1": "no passwords are generated for people",
    "V6.4.2": "no hints",
    "V6.5.1": _NO_SECOND,
    "V6.5.2": _NO_SECOND,
    "V6.5.3": _NO_SECOND,
    "V6.5.4": _NO_SECOND,
    "V6.5.5": _NO_SECOND,
    "V6.5.7": "no biometrics",
    "V6.5.8": _NO_SECOND,
    "V6.6": _NO_SECOND,
    "V6.8": _NO_PROVIDER,
    "V7.1.3": _NO_PROVIDER,
    "V7.4.4": _NO_BROWSER,
    "V7.6": _NO_PROVIDER,
    "V8.4.1": "one tenant",
    "V10": "no OAuth, no OpenID Connect",
    "V12.1.5": "no public names to hide",
    "V12.2.2": "no service faces the public",
    "V13.4.1": _NO_BROWSER,
    "V13.4.3": _NO_BROWSER,
    "V13.4.7": _NO_BROWSER,
    "V14.2.2": "no cache lies between",
    "V14.2.5": "no cache lies between",
    "V14.2.8": "no files of users",
    "V14.3": _NO_BROWSER,
    "V15.3.4": "no proxy is trusted",
    "V15.3.6": "no scripts of ours but that of a chart",
    "V15.3.7": "no parameters of HTTP are read",
    "V17": "no WebRTC",
}
"""requirements, sections or chapters that nothing here could break, and why"""
