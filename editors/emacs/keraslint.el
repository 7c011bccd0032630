;;; keraslint.el --- Keras modes in Emacs, by Eglot -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "26.3") (eglot "1.9"))
;; Keywords: languages, tools

;;; Commentary:

;; (require 'keraslint)
;; (add-hook 'python-mode-hook #'eglot-ensure)
;;
;; Eglot runs one server for a buffer: this makes it keraslint.  To run it beside others, put a multiplexer
;; between, such as rassumfrassum: set `keraslint-command' to ("rass" "--" "pylsp" "--" "keraslint" "server").

;;; Code:

(require 'eglot)

(defgroup keraslint nil
  "Which mode, training or inference, each Keras layer runs in."
  :group 'tools)

(defcustom keraslint-command '("keraslint" "server")
  "The command that starts the server."
  :type '(repeat string))

(defcustom keraslint-settings nil
  "What the server is told, as a property list: (:inlayHints \"all\" :keras [\"3.10\"])."
  :type 'plist)

(defun keraslint--contact (&rest _)
  "How Eglot starts the server."
  (append keraslint-command
          (list :initializationOptions
                (list :settings (or keraslint-settings (make-hash-table))))))

(add-to-list 'eglot-server-programs '(python-mode . keraslint--contact))
(when (fboundp 'python-ts-mode)
  (add-to-list 'eglot-server-programs '(python-ts-mode . keraslint--contact)))

(provide 'keraslint)

;;; keraslint.el ends here
